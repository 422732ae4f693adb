" Run by `cargo xtask editors`, in the package of editors/testing, with the settings of docs/editors.md.
let s:out = []

function! s:check(what, holds) abort
  call add(s:out, (a:holds ? 'ok ' : 'not ok ') . 'vim: ' . a:what)
endfunction

" Waits until something holds.
function! s:await(holds) abort
  for _ in range(400)
    if a:holds()
      return 1
    endif
    sleep 50m
  endfor
  return 0
endfunction

" The group of the text at the first place where a pattern matches.
function! s:group(pattern) abort
  call cursor(1, 1)
  let [line, column] = searchpos(a:pattern, 'cW')
  return synIDattr(synID(line, column, 1), 'name')
endfunction

try
  edit src/flights.mlp
  call s:check('the file type is mlp', &filetype ==# 'mlp')
  call s:check('comments are known', &commentstring ==# '// %s')
  for [pattern, group] in [
        \ ['^//!', 'mlpDoc'], ['^contract', 'mlpItem'], ['Flight {', 'mlpDeclared'], ['^  \zsid:', 'mlpProperty'], ['int64', 'mlpBuiltin'],
        \ ['int64 *\zskey', 'mlpModifier'], ['length', 'mlpModifier'], ['5_000', 'mlpNumber'], ['expect mean', 'mlpEntry'], ['mean(', 'mlpCall'],
        \ ['<=', 'mlpSign'], ['pick', 'mlpAlgebra'], ['"data', 'mlpText'], ['select', 'sqlStatement'], ['1000', 'sqlNumber'],
        \ ['schedule', 'mlpProperty'], ['1d', 'mlpNumber'], ['let', 'mlpEntry'], ['^test', 'mlpItem'], ['fails', 'mlpClause'], ['at distance', 'mlpClause'],
        \ ]
    call s:check(printf('%s is %s (%s)', pattern, group, s:group(pattern)), s:group(pattern) ==# group)
  endfor

  " what stands within a long text is not ours
  let s:before = getline(1, '$')
  let s:long = map(copy(s:before), {at, _ -> synIDattr(synID(at + 1, 1, 1), 'name') =~? 'sql'})
  silent %left
  call s:check('the text can be put to the left', getline(1, '$') !=# s:before)
  silent normal! gg=G
  let wrong = filter(range(len(s:before)), {_, at -> !s:long[at] && getline(at + 1) !=# s:before[at]})
  call s:check('indentation is that of `mlp fmt`' . join(map(wrong, {_, at -> ' | ' . getline(at + 1)}), ''), empty(wrong))
  silent edit!

  silent make!
  let found = filter(getqflist(), {_, one -> one.valid})
  call s:check(':make finds the mistake at its place', len(found) == 1 && found[0].lnum == 10 && found[0].col == 15 && found[0].text =~# 'distnce')
  if empty(found)
    call extend(s:out, map(getqflist(), {_, one -> '  ' . one.text}))
  endif

  " the language server, by ALE
  silent! packadd ale
  if !exists(':ALELint')
    call add(s:out, 'not tested: vim: the language server: ALE is not installed')
  else
    edit!
    ALELint
    call s:check('ALE starts the language server', s:await({-> index(readfile($MLP_STARTS), 'lsp') >= 0}))
    call s:check('and lists the mistake', s:await({-> !empty(filter(getloclist(0), {_, one -> one.lnum == 10 && one.text =~# 'distnce'}))}))
  endif
catch
  call s:check(v:exception . ' at ' . v:throwpoint, 0)
endtry
call writefile(s:out, '/dev/stdout')
qall!
