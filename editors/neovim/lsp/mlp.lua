-- For Neovim 0.11 and later: `vim.lsp.enable("mlp")` starts this.
return {
  cmd = { "mlp", "lsp" },
  filetypes = { "mlp" },
  root_markers = { "mlp.toml", ".git" },
}
