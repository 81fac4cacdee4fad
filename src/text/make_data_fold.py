#!/usr/bin/env python3
"""Writes data_fold.c: how a character is written in lower case without accents.

Compatibility decomposition (NFKD), combining marks removed, full case folding,
plus what Unicode leaves apart and French text needs (ligatures, quotation
marks, dashes, spaces).  Only for scripts where that is right: Latin, Greek,
Cyrillic, symbols, full-width and mathematical letters; Hangul and the scripts
of India are left as they are.
"""
import html.entities
import unicodedata

EXTRA = {
    'œ': 'oe', 'Œ': 'oe', 'æ': 'ae', 'Æ': 'ae', 'ø': 'o', 'Ø': 'o', 'đ': 'd',
    'Đ': 'd', 'ð': 'd', 'Ð': 'd', 'ł': 'l', 'Ł': 'l', 'þ': 'th', 'Þ': 'th',
    'ı': 'i', 'ħ': 'h', 'Ħ': 'h', 'ŧ': 't', 'Ŧ': 't', 'ĸ': 'k', 'ŋ': 'n',
    'Ŋ': 'n', '\u2018': "'", '\u2019': "'", '\u201a': "'", '\u201b': "'",
    '\u2032': "'", '\u00b4': "'", '\u02bc': "'", '\u02b9': "'", '\u201c': '"',
    '\u201d': '"', '\u201e': '"', '\u201f': '"', '\u00ab': '"', '\u00bb': '"',
    '\u2039': '"', '\u203a': '"', '\u2033': '"', '\u2010': '-', '\u2011': '-',
    '\u2012': '-', '\u2013': '-', '\u2014': '-', '\u2015': '-', '\u2212': '-',
    '\u2043': '-', '\u2022': '*', '\u00b7': '.', '\u2027': '.', '\u2219': '.',
    '\u22c5': '.', '\u2e31': '.', '\u30fb': '.', '\u2044': '/', '\u2215': '/', '\u00d7': 'x', '\ufffd': '?',
    '\u00b0': 'o', '\u266f': '#',
}
SPACES = [0x85, 0xa0, 0x1680, *range(0x2000, 0x200b), 0x2028, 0x2029, 0x202f,
          0x205f, 0x2120, 0x2122, 0x3000]
DROPPED = [0xad, 0x34f, *range(0x200b, 0x2010), *range(0x202a, 0x202f),
           *range(0x2060, 0x2070), 0xfeff, *range(0xfe00, 0xfe10),
           *range(0x300, 0x370), *range(0x1ab0, 0x1b00), *range(0x1dc0, 0x1e00),
           *range(0x20d0, 0x2100), *range(0xfe20, 0xfe30), *range(0x80, 0x85),
           *range(0x86, 0xa0)]
RANGES = [(0xa0, 0x530), (0x1d00, 0x1fff), (0x2000, 0x2bff), (0xfb00, 0xfb07),
          (0xff01, 0xff5f), (0xffe0, 0xffe7), (0x1d400, 0x1d800),
          (0x1f100, 0x1f150)]


def marks(s):
    return ''.join(c for c in s if not 0x300 <= ord(c) < 0x370)


def fold(cp):
    c = chr(cp)
    if cp in SPACES:
        return ' '
    if cp in DROPPED:
        return ''
    if c in EXTRA:
        return EXTRA[c]
    s = c
    for _ in range(4):
        t = marks(unicodedata.normalize('NFKD', s)).casefold()
        t = ''.join(EXTRA.get(x, x) for x in t)
        if t == s:
            break
        s = t
    return s.strip() if s != ' ' else s


table = {}
for cp in sorted(set(SPACES + DROPPED + [ord(c) for c in EXTRA] +
                     [c for a, b in RANGES for c in range(a, b)])):
    if unicodedata.category(chr(cp)) in ('Cn', 'Co', 'Cs'):
        continue
    to = fold(cp).encode()
    if to != chr(cp).encode() and len(to) <= min(8, 2 * len(chr(cp).encode())):
        table[cp] = to
print('''/*
 * data_fold.c
 *		How characters are written in lower case without accents.
 *		Made by make_data_fold.py from Unicode %s; do not edit.
 */
#include "text/normalise.h"

const int	jm_fold_count = %d;

const JmFold jm_fold_table[] = {''' % (unicodedata.unidata_version, len(table)))
for cp, to in table.items():
    print('\t{0x%04x, %d, "%s"},' % (cp, len(to), ''.join(
        '\\%03o' % b if b < 32 or b > 126 or b in (34, 92, 63) else chr(b) for b in to)))
print('};')

names = sorted(set(html.entities.name2codepoint.items()) | {('apos', 39)})
print('''
const int	jm_entity_count = %d;

/* Named character references of HTML 4, in byte order. */
const JmEntity jm_entity_table[] = {''' % len(names))
for name, cp in names:
    print('\t{"%s", 0x%04x},' % (name, cp))
print('};')
