/** The upper half of code page 437, what a zip name is written in when it does not say UTF-8 (APPNOTE.TXT, appendix D). */
const cp437Upper =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0';
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The name of a zip entry, with `/` between its folders whatever the writer used. Names that do not say UTF-8 are read as such where they
 * can be (most writers forget the flag), else as code page 437.
 */
export function decodeEntryName(bytes: Buffer, saysUtf8: boolean): string {
  return decode(bytes, saysUtf8).replaceAll('\\', '/');
}

function decode(bytes: Buffer, saysUtf8: boolean): string {
  if (saysUtf8) return bytes.toString('utf8');
  try {
    return utf8.decode(bytes);
  } catch {
    let name = '';
    for (const byte of bytes) name += byte < 0x80 ? String.fromCharCode(byte) : (cp437Upper[byte - 0x80] ?? '');
    return name;
  }
}
