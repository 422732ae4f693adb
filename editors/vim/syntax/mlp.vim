" Colours of mlp. A keyword is one only where no `:` or `=` follows, so that a field may be called `key`.
if exists('b:current_syntax')
  finish
endif

" `s:items` and the rest: the table of words.
execute 'source' fnameescape(expand('<sfile>:p:h') . '/mlp/words.vim')
let s:words = g:mlp_words

" A word of a role that nothing of `name:`, `name =`, `.name` or `@name` is part of.
function! s:role(group, role) abort
  execute 'syntax match' a:group '/\%(\.\)\@1<!@\@1<!\<\%(' . s:words[a:role] . '\)\>\%(\s*\%(:\|=[^=]\)\)\@!/'
endfunction

syntax case match
syntax sync fromstart

syntax match mlpSign /->\|<:\|\.\.\|[=!<>]=\|[-+*\/<>=?]/
syntax match mlpName /\<\h\w*\>/
syntax match mlpCall /\<\h\w*\ze\s*(/
syntax match mlpType /\<\u\w*\l\w*\>/
syntax match mlpProperty /\<\h\w*\ze\s*:/
syntax match mlpProperty /\%(^\|[{,]\)\s*\zs\h\w*\ze\s*=[^=]/
syntax match mlpMember /\.\@1<=\h\w*\>/
call s:role('mlpClause', 'clauses')
call s:role('mlpModifier', 'modifiers')
call s:role('mlpAlgebra', 'algebra')
call s:role('mlpOperator', 'operators')
call s:role('mlpEntry', 'entries')
call s:role('mlpConstant', 'constants')
execute 'syntax match mlpBuiltin /\.\@1<!\<\%(' . s:words.types . '\|' . s:words.artifacts . '\)\>\%(\s*:\)\@!/'
syntax match mlpConstant /\.\@1<!\<self\>/
syntax match mlpEntry /^\s*\zs\%(key\|unique\)\ze\s*(/
execute 'syntax match mlpItem /^\s*\zs\%(' . s:words.items . '\)\>\ze\s\+[[:alpha:]_"]/ nextgroup=mlpDeclared skipwhite'
syntax match mlpDeclared /\h\w*/ contained

execute 'syntax match mlpNumber /\<\d[0-9_]*\%(\.\d[0-9_]*\)\?\%([eE][+-]\?\d\+\)\?\%(%\|\%(' . s:words.durations . '\|' . s:words.sizes . '\)\>\)\?/'
syntax match mlpNumber /\<\d\{4}-\d\d-\d\d\%(T[0-9:.]*\d\%(Z\|[+-]\d\d:\d\d\)\?\)\?/
syntax match mlpTag /@\h\w*/

syntax match mlpEscape /\\\%(u\x\{4}\|.\)/ contained
syntax region mlpText start=/"/ end=/"\|$/ contains=mlpEscape oneline
syntax region mlpFormat matchgroup=mlpText start=/\<f"/ end=/"\|$/ contains=mlpEscape,mlpValue oneline
syntax region mlpValue matchgroup=mlpEscape start=/{/ end=/}/ contained contains=mlpName,mlpMember,mlpNumber,mlpSign oneline
syntax match mlpEscape /{{\|}}/ contained
syntax region mlpLongText start=/"""/ end=/"""/
syntax match mlpRegex /\%(\<matches\s\+\)\@<=\/\%([^\/\\]\|\\.\)\+\//

syntax include @mlpSql syntax/sql.vim
unlet! b:current_syntax
syntax region mlpSqlText matchgroup=mlpLongText start=/\%(\<sql\s*(\s*\)\@<="""/ end=/"""/ contains=@mlpSql

syntax match mlpComment /\/\/.*/ contains=mlpTodo,@Spell
syntax match mlpDoc /\/\/[\/!].*/ contains=@Spell
syntax keyword mlpTodo TODO FIXME XXX contained

highlight default link mlpItem Keyword
highlight default link mlpEntry Statement
highlight default link mlpClause Statement
highlight default link mlpModifier StorageClass
highlight default link mlpAlgebra Operator
highlight default link mlpOperator Operator
highlight default link mlpSign Operator
highlight default link mlpConstant Constant
highlight default link mlpBuiltin Type
highlight default link mlpType Type
highlight default link mlpDeclared Function
highlight default link mlpCall Function
highlight default link mlpProperty Identifier
highlight default link mlpMember Identifier
highlight default link mlpNumber Number
highlight default link mlpTag PreProc
highlight default link mlpText String
highlight default link mlpFormat String
highlight default link mlpLongText String
highlight default link mlpEscape SpecialChar
highlight default link mlpRegex String
highlight default link mlpComment Comment
highlight default link mlpDoc SpecialComment
highlight default link mlpTodo Todo

let b:current_syntax = 'mlp'
