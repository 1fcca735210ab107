import { paths } from '../support/scripted-documents.js';

export interface NginxSite {
  /** Everything that nginx writes lies here. */
  readonly directory: string;
  readonly port: number;
  /** The source's `host:port`. */
  readonly upstream: string;
  /** Origins that documents name and that become nginx's own. */
  readonly announced: readonly string[];
  /** The account under which the worker runs, where nginx is started as root. */
  readonly user: string | undefined;
}

/**
 * A caching proxy as a careful administrator sets it up for a V3 source: one worker, sendfile, connections kept on both sides, one request at
 * the source for many clients, a line in the log for every request, written in batches as ours are. No `tcp_nopush`: on loopback it holds the
 * last piece of an answer back by 40 ms.
 *
 * Documents that name addresses are rewritten once, on their way into the cache, by two servers behind the cache: one puts nginx's own origin
 * into the plain text, one compresses what comes out. Version lists and packages name none and come straight from the source.
 * The cache holds a plain and a compressed form of each document (of a package one), so that no hit costs more than the file it is read from.
 */
export function nginxConfiguration({ directory, port, upstream, announced, user }: NginxSite): string {
  const rewritten = announced.map((origin) => `sub_filter '${origin}' 'http://127.0.0.1:${port}';`).join('\n      ');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${directory}/${kind};`,
  );
  const cached = `proxy_cache kept;
      proxy_cache_valid 200 1h;
      proxy_cache_lock on;
      proxy_ignore_headers Cache-Control Expires Set-Cookie Vary;
      proxy_set_header Accept-Encoding $form;`;
  return `
${user === undefined ? '' : `user ${user};`}
daemon off;
worker_processes 1;
worker_rlimit_nofile 16384;
pid ${directory}/nginx.pid;
error_log ${directory}/error.log warn;
events { worker_connections 8192; }
http {
  ${temporary.join('\n  ')}
  access_log ${directory}/access.log combined buffer=16k flush=50ms;
  default_type application/octet-stream;
  sendfile on;
  keepalive_timeout 75s;
  keepalive_requests 100000000;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $host:$server_port;
  proxy_cache_path ${directory}/kept levels=1:2 keys_zone=kept:32m max_size=20g inactive=1d use_temp_path=off;
  proxy_cache_key $form$request_uri;
  map $uri:$http_accept_encoding $form { default ""; ~\\.nupkg: ""; ~:.*gzip gzip; }
  upstream source { server ${upstream}; keepalive 64; keepalive_requests 100000000; }
  upstream shrunk { server unix:${directory}/shrunk.sock; keepalive 16; }
  upstream readdressed { server unix:${directory}/readdressed.sock; keepalive 16; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      ${cached}
      proxy_pass http://shrunk;
    }
    location /${paths.flat} {
      ${cached}
      proxy_set_header Host ${upstream};
      proxy_pass http://source;
    }
  }
  server {
    listen unix:${directory}/shrunk.sock;
    access_log off;
    location / {
      gzip on;
      gzip_proxied any;
      gzip_types application/json text/xml;
      proxy_pass http://readdressed;
    }
  }
  server {
    listen unix:${directory}/readdressed.sock;
    access_log off;
    location / {
      gunzip on;
      sub_filter_types application/json;
      sub_filter_once off;
      ${rewritten}
      proxy_set_header Accept-Encoding "";
      proxy_set_header Host ${upstream};
      proxy_pass http://source;
    }
  }
}
`;
}
