" Comments, brackets and folding of mlp.
if exists('b:did_ftplugin')
  finish
endif
let b:did_ftplugin = 1

setlocal comments=:///,://!,://
setlocal commentstring=//\ %s
setlocal formatoptions-=t formatoptions+=croql
setlocal expandtab shiftwidth=2 softtabstop=2
setlocal suffixesadd=.mlp
setlocal define=^\\s*\\(contract\\\|type\\\|enum\\\|metrics\\\|env\\\|stage\\\|source\\\|sink\\\|secret\\\|const\\\|model\\\|policy\\\|pipeline\\\|deployment\\\|monitor\\)\\s\\+
compiler mlp

let b:undo_ftplugin = 'setlocal comments< commentstring< formatoptions< expandtab< shiftwidth< softtabstop< suffixesadd< define< makeprg< errorformat<'
