-- Run by `cargo xtask editors`, with the settings of docs/editors.md, on the package of editors/testing.
local modern = vim.fn.has("nvim-0.11") == 1
local name = modern and "neovim" or "neovim before 0.11"

local function say(text)
  io.stdout:write(text .. "\n")
  io.stdout:flush()
end

local function check(what, holds, found)
  say((holds and "ok " or "not ok ") .. name .. ": " .. what .. ((holds or found == nil) and "" or ": " .. vim.inspect(found)))
end

-- Waits until something is there.
local function await(get)
  local found
  vim.wait(20000, function()
    found = get()
    return found ~= nil and found ~= false
  end, 20)
  return found
end

-- Where a text begins, counted from 0.
local function place(text)
  for line, content in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
    local at = content:find(text, 1, true)
    if at then
      return { line = line - 1, character = at - 1 }
    end
  end
end

local function starts()
  local file = io.open(vim.env.MLP_STARTS)
  local text = file and file:read("*a") or ""
  return text:find("^lsp\n") or text:find("\nlsp\n")
end

local function colours()
  check("the file type is mlp", vim.bo.filetype == "mlp", vim.bo.filetype)
  if not modern then
    local at = place("contract Flight")
    local group = vim.fn.synIDattr(vim.fn.synID(at.line + 1, 1, 1), "name")
    return check("the Vim syntax colours", group == "mlpItem", group)
  end
  local function captures(text, inside)
    local at = place(text)
    return vim.tbl_map(function(one)
      return one.capture
    end, vim.treesitter.get_captures_at_pos(0, at.line, at.character + (inside or 0)))
  end
  check("tree-sitter is at work", vim.treesitter.highlighter.active[vim.api.nvim_get_current_buf()] ~= nil)
  vim.treesitter.get_parser(0, "mlp"):parse(true)
  for text, capture in pairs({
    ["contract Flight"] = "keyword",
    ["Flight {"] = "type",
    ["carrier:"] = "property",
    ["5_000"] = "number",
    ["far(flights)"] = "function.call",
    ["backwards"] = "string",
    ["/// A flight"] = "comment.documentation",
  }) do
    local found = captures(text)
    check(text .. " is @" .. capture, vim.tbl_contains(found, capture), found)
  end
  vim.wo.foldmethod = "expr"
  local at = place("contract Flight")
  check("a contract folds", vim.fn.foldlevel(at.line + 2) == 1, vim.fn.foldlevel(at.line + 2))
  vim.wo.foldmethod = "manual"
end

local function ask(method, more)
  local at = more.at
  local params = vim.tbl_extend("force", {
    textDocument = { uri = vim.uri_from_bufnr(0) },
    position = at,
  }, more.params or {})
  local answers = vim.lsp.buf_request_sync(0, method, params, 20000) or {}
  for _, answer in pairs(answers) do
    return answer.result, answer.error
  end
end

-- What the server says, as the editor's own client hears it.
local function server()
  local clients = vim.lsp.get_clients or vim.lsp.get_active_clients
  local client = await(function()
    return clients()[1]
  end)
  check("the client is attached", client and client.name == "mlp", client and client.name)
  local found = await(function()
    return vim.diagnostic.get(0)[1]
  end)
  check("the mistake is shown at its place", found and found.lnum == 9 and found.col == 14, found)
  local hover = ask("textDocument/hover", { at = place("Flight pick") })
  check("hover tells of the contract", vim.inspect(hover):find("as the tower knows it") ~= nil, hover)
  local definition = ask("textDocument/definition", { at = place("far(flights)") })
  check("the definition is found", vim.inspect(definition):find("line = 17") ~= nil, definition)
  local at = place("distnce")
  local actions = ask("textDocument/codeAction", {
    params = { range = { start = at, ["end"] = at }, context = { diagnostics = {}, triggerKind = 1 } },
  })
  check("a mend is offered", vim.inspect(actions):find("distance") ~= nil, actions)
  local far = place("far(flights:")
  local rename = ask("textDocument/rename", { at = far, params = { newName = "distant" } })
  check("rename reaches the call", select(2, vim.inspect(rename):gsub('newText = "distant"', "")) == 2, rename)
  if vim.env.MLP_SERVER:find("completionProvider") then
    local after = place("let rows")
    vim.api.nvim_buf_set_lines(0, after.line + 1, after.line + 1, false, { "  let more = f" })
    local items = await(function()
      local answer = ask("textDocument/completion", { at = { line = after.line + 1, character = 14 } })
      local list = answer and (answer.items or answer)
      return list and #list > 0 and list
    end)
    check("completion knows the stage", vim.inspect(items):find('label = "far') ~= nil)
    vim.cmd("silent undo")
  else
    say("not tested: " .. name .. ": completion: this server has none")
  end
  local hints = modern and vim.lsp.inlay_hint.is_enabled({ bufnr = 0 })
  check("inlay hints are on", hints or not modern)
  local opened
  vim.ui.open = function(url)
    opened = url
  end
  vim.cmd("MlpGraph")
  local page = await(function()
    return opened and opened:find("^http://127%.0%.0%.1:%d+/%x+/$") ~= nil
  end)
  check("the graph is opened", page, opened)
end

local ok, why = pcall(function()
  colours()
  if modern then
    check("the settings of the server are known", vim.lsp.config.mlp.settings.mlp.lens.graph == false)
  end
  check("the language server is started", await(starts))
  server()
end)
if not ok then
  check("the test runs to its end", false, why)
end
vim.cmd("qall!")
