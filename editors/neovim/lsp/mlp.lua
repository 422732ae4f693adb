-- For Neovim 0.11 and later: `vim.lsp.enable("mlp")` starts this.
return {
  cmd = { "mlp", "lsp" },
  filetypes = { "mlp", "sql" },
  root_dir = function(buffer, start)
    local package = vim.fs.root(buffer, "mlp.toml")
    -- SQL concerns us where stages may run it, and nowhere else
    if package or vim.bo[buffer].filetype == "mlp" then
      start(package or vim.fs.root(buffer, ".git"))
    end
  end,
}
