" Vim takes `.mlp` for OCaml, so that `setfiletype` would come too late.
autocmd BufNewFile,BufRead *.mlp set filetype=mlp
