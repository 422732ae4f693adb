" A line is one step further in for each bracket that the line before leaves open, and a line that goes on with an entry one more.
if exists('b:did_indent')
  finish
endif
let b:did_indent = 1

setlocal indentexpr=MlpIndent(v:lnum)
setlocal indentkeys=0{,0},0),0],!^F,o,O
let b:undo_indent = 'setlocal indentexpr< indentkeys<'

if exists('*MlpIndent')
  finish
endif

" The line without comments and texts.
function! s:code(number) abort
  let line = substitute(getline(a:number), '"\%(\\.\|[^"\\]\)*"', '""', 'g')
  return substitute(line, '//.*', '', '')
endfunction

" How many brackets a line leaves open; those that it closes first are not counted.
function! s:opens(line) abort
  let open = 0
  for sign in split(substitute(a:line, '^\s*[])}]\+', '', ''), '\zs')
    if sign =~# '[[({]'
      let open += 1
    elseif sign =~# '[])}]'
      let open -= 1
    endif
  endfor
  return open
endfunction

" Whether a line goes on with the entry before it.
function! s:goes_on(line) abort
  return a:line =~# '^\s*\%(and\|or\|where\|at\|else\|over\|cooldown\|within\|until\|because\|known\|unit\|matches\|@\)\>\%(\s*[:=]\)\@!' || a:line =~# '^\s*@'
endfunction

function! MlpIndent(number) abort
  let before = prevnonblank(a:number - 1)
  while before > 0 && s:code(before) =~# '^\s*$'
    let before = prevnonblank(before - 1)
  endwhile
  if before == 0
    return 0
  endif
  let step = shiftwidth()
  let last = s:code(before)
  let indent = indent(before)
  if s:goes_on(last) && !s:goes_on(s:code(a:number))
    let indent -= step
  elseif !s:goes_on(last) && s:goes_on(s:code(a:number))
    let indent += step
  endif
  let indent += s:opens(last) > 0 ? step : 0
  let indent -= s:opens(last) < 0 ? step : 0
  let indent -= s:code(a:number) =~# '^\s*[])}]' ? step : 0
  return max([indent, 0])
endfunction
