// Classes of characters as the tokenizers library (Rust) has them, which are not always those of JavaScript.

/** \w of Rust's regular expressions. */
export const WORD_CLASS = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}";

const ASCII_PUNCTUATION = "!-\\/:-@\\[-`{-~";
/** Punctuation: ASCII's, symbols such as $ and ^ included, and Unicode's. */
export const PUNCTUATION = new RegExp(`[${ASCII_PUNCTUATION}\\p{P}]`, "gu");

const SURROGATES = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Text as UTF-8 can hold it: surrogates without their other half become U+FFFD. */
export const wellFormed = (text: string): string => text.replace(SURROGATES, "\ufffd");

/** The text of one byte-fallback token: <0xE3>. */
export const byteToken = (byte: number): string => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;

const encoder = new TextEncoder();
/** UTF-8 of a text. */
export const utf8 = (text: string): Uint8Array => encoder.encode(text);
