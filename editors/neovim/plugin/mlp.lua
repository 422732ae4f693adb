-- What Neovim needs to know of mlp: file type, syntax and indentation (those of the Vim plugin beside this one), the parser of tree-sitter where it is installed, and
-- commands. The language server is started by `vim.lsp.enable("mlp")`, or by `require("mlp").start()` in versions before 0.11.
if vim.g.loaded_mlp then
  return
end
vim.g.loaded_mlp = true

local here = debug.getinfo(1, "S").source:sub(2):match("^(.*)/plugin/mlp%.lua$")
vim.opt.runtimepath:append(here:gsub("/neovim$", "/vim"))

if vim.filetype and vim.filetype.add then
  vim.filetype.add({ extension = { mlp = "mlp" } })
end

local group = vim.api.nvim_create_augroup("mlp", {})
-- before 0.8, the file types in Lua are not asked, and the others take it for OCaml
vim.api.nvim_create_autocmd({ "BufNewFile", "BufRead" }, {
  group = group,
  pattern = "*.mlp",
  callback = function()
    if vim.bo.filetype ~= "mlp" then
      vim.bo.filetype = "mlp"
    end
  end,
})
vim.api.nvim_create_autocmd("FileType", {
  group = group,
  pattern = "mlp",
  callback = function(event)
    -- an older Neovim cannot read these queries
    if vim.fn.has("nvim-0.9") == 1 and pcall(vim.treesitter.start, event.buf, "mlp") then
      vim.wo.foldexpr = "v:lua.vim.treesitter.foldexpr()"
    end
  end,
})

vim.api.nvim_create_user_command("MlpGraph", function()
  require("mlp").graph()
end, { desc = "Shows the graph of the pipeline under the cursor" })

-- What the lenses above pipelines, tests and promotions ask of the client.
if vim.lsp.commands then
  vim.lsp.commands["mlp.run"] = function(command)
    require("mlp").terminal({ "run", command.arguments[1].pipeline }, command.arguments[1].uri)
  end
  vim.lsp.commands["mlp.test"] = function(command)
    require("mlp").terminal({ "test", "--filter", command.arguments[1].name }, command.arguments[1].uri)
  end
  vim.lsp.commands["mlp.showRun"] = function(command)
    require("mlp").terminal({ "runs", "show", command.arguments[1].run }, command.arguments[1].uri)
  end
  vim.lsp.commands["mlp.showGraph"] = function(command)
    require("mlp").graph(command.arguments[1])
  end
end
