" `:make` checks the package and fills the quickfix list.
if exists('current_compiler')
  finish
endif
let current_compiler = 'mlp'

CompilerSet makeprg=mlp\ check\ --format\ short
CompilerSet errorformat=%f:%l:%c:\ %trror[MLP%n]:\ %m,%f:%l:%c:\ %tarning[MLP%n]:\ %m,%f:%l:%c:\ %tote[MLP%n]:\ %m,%-G%.%#
