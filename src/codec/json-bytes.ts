/* The bytes that JSON is cut at. */

export const quote = 0x22;
export const comma = 0x2c;
export const openAngle = 0x3c;
export const openBracket = 0x5b;
export const backslash = 0x5c;
export const closeBracket = 0x5d;
export const openBrace = 0x7b;
export const closeBrace = 0x7d;
export const byteOrderMark = [0xef, 0xbb, 0xbf];

export const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
