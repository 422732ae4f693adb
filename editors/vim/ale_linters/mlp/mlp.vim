" The language server, for ALE.
call ale#linter#Define('mlp', {
\   'name': 'mlp',
\   'lsp': 'stdio',
\   'executable': 'mlp',
\   'command': '%e lsp',
\   'project_root': {buffer -> fnamemodify(ale#path#FindNearestFile(buffer, 'mlp.toml'), ':h')},
\})
