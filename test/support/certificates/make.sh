#!/bin/sh
# Wrote the files beside it, once: `sh make.sh` writes them anew. They are known to everyone and good for tests only.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/ca.cnf" <<CNF
[ca]
default_ca = test
[test]
database = $work/index
new_certs_dir = $work
default_md = sha256
policy = any
rand_serial = yes
unique_subject = no
[any]
commonName = supplied
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
CNF
: > "$work/index"

# file, subject
request() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$2" -keyout "$1.key" -out "$work/$1.csr" 2>/dev/null
}
# file, last day, further arguments
issue() {
  name=$1 end=$2
  shift 2
  openssl ca -batch -notext -config "$work/ca.cnf" -in "$work/$name.csr" -out "$name.pem" -startdate 20200101000000Z -enddate "$end" "$@" 2>/dev/null
}
authority() {
  request "$1" "$2"
  issue "$1" 21200101000000Z -selfsign -keyfile "$1.key" -extensions authority
}
# file, subject alternative names, last day
signed() {
  request "$1" "$1"
  printf 'subjectAltName = %s\n' "$2" > "$work/names"
  issue "$1" "${3:-21200101000000Z}" -cert authority.pem -keyfile authority.key -extfile "$work/names"
}
authority authority 'Larder test authority'
authority stranger 'Larder other test authority'
signed server 'DNS:localhost, IP:127.0.0.1'
signed elsewhere 'DNS:elsewhere.example'
signed expired 'DNS:localhost, IP:127.0.0.1' 20200102000000Z
signed client 'DNS:client.example'
signed client2 'DNS:client2.example'
request selfsigned localhost
printf 'subjectAltName = DNS:localhost, IP:127.0.0.1\n' > "$work/names"
issue selfsigned 21200101000000Z -selfsign -keyfile selfsigned.key -extfile "$work/names"
openssl pkey -in client.key -aes256 -passout pass:open-sesame -out client.encrypted.key
rm authority.key stranger.key
chmod 644 ./*.key
