import { strangeCharacters } from './mutate-bytes.js';
import type { Mutation } from './mutate.js';

/** Mutates an XML document by its tags, as text: it need not be well formed before or after. */
export const mutateXml: Mutation = (input, from) => {
  const text = input.toString('utf8');
  const tags = [...text.matchAll(/<[^>]*>/g)];
  const tag = from.random.pick(tags);
  const at = tag?.index ?? 0;
  const end = at + (tag?.[0].length ?? 0);
  const name = /^<\/?([^\s/>]+)/.exec(tag?.[0] ?? '')?.[1] ?? 'id';
  const before = text.slice(0, at);
  const own = text.slice(at, end);
  const after = text.slice(end);
  const { random } = from;
  const around = (put: string) =>
    Buffer.from(random.chance(0.5) ? before + put + own + after : before + own + put + after);
  switch (random.below(14)) {
    case 0:
      return around(
        random.pick([
          '<!DOCTYPE package [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
          '<!DOCTYPE package SYSTEM "file:///etc/passwd">',
          '<!DOCTYPE p [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x"> %x;]>',
          '<!doctype html>',
          '<!ENTITY a "b">',
          '<!DOCTYPE',
        ]),
      );
    case 1:
      return around(
        random.pick([
          '&a;',
          '&b;',
          '&amp;',
          '&lt;',
          '&#0;',
          '&#x0;',
          '&#1;',
          '&#xD800;',
          '&#x10FFFF;',
          '&#x110000;',
          '&#9999999;',
          '&#;',
          '&',
          '&amp',
          '&__proto__;',
        ]),
      );
    case 2: {
      const depth = random.pick([2, 62, 63, 64, 65, 100, 3000]);
      return around(`<${name}>`.repeat(depth) + (random.chance(0.7) ? `</${name}>`.repeat(depth) : ''));
    }
    case 3:
      return around(
        random.pick([
          '<![CDATA[x]]>',
          '<![CDATA[]]>',
          '<![CDATA[<id>]]>',
          '<![CDATA[',
          ']]>',
          '<![CDATA[]]]]><![CDATA[>]]>',
        ]),
      );
    case 4:
      return around(
        random.pick(['<!-- c -->', '<!--', '<!-- -- -->', '-->', '<?pi x?>', '<?xml version="1.0"?>', '<?']),
      );
    case 5:
      return Buffer.from(before + after);
    case 6:
      return Buffer.from(before + own + own + after);
    case 7:
      return Buffer.from(before + own.replace(name, random.pick(from.dictionary) ?? '__proto__') + after);
    case 8:
      return Buffer.from(
        before +
          own.replace(/(\/?>)$/, ` ${random.pick(from.dictionary) ?? 'a'}="${random.pick(strangeCharacters)}"$1`) +
          after,
      );
    case 9:
      return Buffer.from(before + own.replace(name, `x:${name}`) + after);
    case 10: {
      const declared = random.pick([
        'utf-16',
        'UTF-8',
        'iso-8859-1',
        'windows-1252',
        'utf-7',
        'x',
        'shift_jis',
        'ucs-4',
      ]);
      return Buffer.from(text.replace(/encoding="[^"]*"/, `encoding="${declared}"`));
    }
    case 11: {
      const utf16 = Buffer.from(`${random.chance(0.7) ? '\ufeff' : ''}${text}`, 'utf16le');
      return random.chance(0.5) || utf16.length % 2 !== 0 ? utf16 : utf16.swap16();
    }
    case 12:
      return around(random.pick(strangeCharacters).repeat(random.pick([1, 10, 5000])));
    default:
      return around(`<${random.pick(from.dictionary) ?? name}>${random.pick(from.dictionary) ?? ''}</${name}>`);
  }
};
