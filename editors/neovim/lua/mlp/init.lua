-- The client's side of what Neovim does not do by itself.
local M = {}

-- Starts the language server for this buffer, for versions before 0.11; those have `vim.lsp.enable("mlp")`.
function M.start()
  local file = vim.api.nvim_buf_get_name(0)
  local manifest = vim.fs and vim.fs.find("mlp.toml", { upward = true, path = vim.fs.dirname(file) })[1]
    or vim.fn.findfile("mlp.toml", vim.fn.fnamemodify(file, ":h") .. ";")
  local found = manifest ~= nil and manifest ~= ""
  -- SQL concerns us where stages may run it, and nowhere else
  if not found and vim.bo.filetype == "sql" then
    return
  end
  local root = vim.fn.fnamemodify(found and manifest or file, ":p:h")
  local config = { name = "mlp", cmd = { "mlp", "lsp" }, root_dir = root }
  if vim.lsp.start then
    return vim.lsp.start(config)
  end
  M.clients = M.clients or {}
  M.clients[root] = M.clients[root] or vim.lsp.start_client(config)
  if M.clients[root] then
    vim.lsp.buf_attach_client(0, M.clients[root])
  end
  return M.clients[root]
end

-- The server's client of this buffer.
local function client()
  for _, one in pairs(vim.lsp.get_clients and vim.lsp.get_clients({ bufnr = 0 }) or vim.lsp.buf_get_clients(0)) do
    if one.name == "mlp" then
      return one
    end
  end
end

-- Points the graph to what is under the cursor, or to another place; `show` gets the page of this machine that the server answers.
local function point(server, place, show)
  place = place or vim.lsp.util.make_position_params(0, server.offset_encoding)
  local request = { command = "mlp.showGraph", arguments = { place } }
  if vim.fn.has("nvim-0.11") == 1 then
    server:request("workspace/executeCommand", request, show, 0)
  else
    server.request("workspace/executeCommand", request, show, 0)
  end
end

-- From now on the graph follows the cursor, in every buffer of the server.
local function follow()
  vim.api.nvim_create_autocmd({ "CursorMoved", "CursorMovedI" }, {
    group = vim.api.nvim_create_augroup("mlp-graph", {}),
    pattern = "*.mlp",
    callback = function()
      local server = client()
      if server then
        point(server, nil, function() end)
      end
    end,
  })
end

-- Shows the graph of what is under the cursor, or at another place, in a browser.
function M.graph(place)
  local server = client()
  if not server then
    return vim.notify("mlp: the language server is not running", vim.log.levels.WARN)
  end
  point(server, place, function(error, answer)
    if error then
      return vim.notify("mlp: " .. error.message, vim.log.levels.ERROR)
    end
    local url = type(answer) == "table" and answer.url or answer
    if type(url) == "string" then
      follow()
      if vim.ui.open then
        vim.ui.open(url)
      else
        vim.notify("mlp: the graph is at " .. url)
      end
    end
  end)
end

-- Runs `mlp` in a terminal below, in the folder of a file.
function M.terminal(arguments, uri)
  local folder = vim.fn.fnamemodify(vim.uri_to_fname(uri), ":h")
  vim.cmd("botright 12new")
  local command = vim.list_extend({ "mlp" }, arguments)
  if vim.fn.has("nvim-0.11") == 1 then
    vim.fn.jobstart(command, { cwd = folder, term = true })
  else
    vim.fn.termopen(command, { cwd = folder })
  end
end

return M
