// Which line ends separate entries. The rules are those of `compiler/syntax/src/layout.rs`: a line goes on where the next one begins with an operator, a tag, or a
// word that goes on (`words.h`) and that no `:` or `=` follows. Where the grammar cannot end an entry (inside of parentheses, behind an operator) nobody asks.

#include "tree_sitter/parser.h"

#include <string.h>

#include "words.h"

enum Token { NEWLINE, LINE, ERROR_SENTINEL };

enum { LONGEST = 16 };

void *tree_sitter_mlp_external_scanner_create(void) { return NULL; }
void tree_sitter_mlp_external_scanner_destroy(void *payload) { (void)payload; }
unsigned tree_sitter_mlp_external_scanner_serialize(void *payload, char *buffer) {
  (void)payload;
  (void)buffer;
  return 0;
}
void tree_sitter_mlp_external_scanner_deserialize(void *payload, const char *buffer, unsigned length) {
  (void)payload;
  (void)buffer;
  (void)length;
}

static void advance(TSLexer *lexer) { lexer->advance(lexer, false); }

static bool is_blank(int32_t c) { return c == ' ' || c == '\t' || c == '\r' || c == 0xFEFF; }

static bool is_word(int32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c >= 0x80;
}

// Reads a word; whether it goes on with the line before.
static bool word_goes_on(TSLexer *lexer) {
  char word[LONGEST + 1] = {0};
  unsigned length = 0;
  while (is_word(lexer->lookahead)) {
    if (length < LONGEST) word[length] = lexer->lookahead < 0x80 ? (char)lexer->lookahead : '?';
    length++;
    advance(lexer);
  }
  bool known = false;
  for (unsigned i = 0; length <= LONGEST && i < sizeof continuing / sizeof *continuing; i++) {
    known = known || strcmp(word, continuing[i]) == 0;
  }
  if (!known) return false;
  while (is_blank(lexer->lookahead)) advance(lexer);
  if (lexer->lookahead == ':') return false;
  if (lexer->lookahead != '=') return true;
  advance(lexer);
  return lexer->lookahead == '=';
}

// Whether the line that begins here goes on with the one before. Comments between them are passed over.
static bool goes_on(TSLexer *lexer, bool plain) {
  for (;;) {
    while (is_blank(lexer->lookahead) || lexer->lookahead == '\n') advance(lexer);
    if (lexer->lookahead != '/') break;
    advance(lexer);
    if (lexer->lookahead != '/') return !plain;
    while (lexer->lookahead != '\n' && !lexer->eof(lexer)) advance(lexer);
  }
  int32_t first = lexer->lookahead;
  if (first == '-' || first == '<') {
    advance(lexer);
    return !plain || lexer->lookahead == (first == '-' ? '>' : ':');
  }
  if (plain) return false;
  if (first == '+' || first == '*' || first == '>') return true;
  if (first == '=' || first == '!') {
    advance(lexer);
    return lexer->lookahead == '=';
  }
  if (first == '@') {
    advance(lexer);
    return is_word(lexer->lookahead);
  }
  return is_word(first) && word_goes_on(lexer);
}

bool tree_sitter_mlp_external_scanner_scan(void *payload, TSLexer *lexer, const bool *valid_symbols) {
  (void)payload;
  if (!valid_symbols[NEWLINE] && !valid_symbols[LINE]) return false;
  while (is_blank(lexer->lookahead)) lexer->advance(lexer, true);
  if (lexer->lookahead != '\n') return false;
  advance(lexer);
  lexer->mark_end(lexer);
  bool plain = !valid_symbols[NEWLINE];
  if (goes_on(lexer, plain)) return false;
  lexer->result_symbol = plain ? LINE : NEWLINE;
  return true;
}
