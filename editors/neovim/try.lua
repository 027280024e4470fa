-- Opens a flow with a mistake as a person would, takes the quick fix that is offered, and says what it saw.
-- Run by tests/it/editor_neovim.rs: nvim --headless -u NONE -c "luafile try.lua", with BINCARD, SETUP and FLOW given.
local NEVER = 120000

local function say(text)
  io.stdout:write(text .. "\n")
end

local function try()
  dofile(vim.env.SETUP).setup({ cmd = { vim.env.BINCARD, "lsp" } })
  vim.cmd("edit " .. vim.fn.fnameescape(vim.env.FLOW))
  local found = function()
    return vim.diagnostic.get(0)
  end
  assert(vim.wait(NEVER, function() return #found() > 0 end), "no diagnostic came")
  local mistake = found()[1]
  say(string.format("diagnostic %d:%d %s", mistake.lnum + 1, mistake.col + 1, mistake.message:gsub("\n", " / ")))

  local here = { line = mistake.lnum, character = mistake.col }
  local uri = vim.uri_from_bufnr(0)
  local params = { textDocument = { uri = uri }, range = { start = here, ["end"] = here }, context = { diagnostics = {} } }
  local answers = assert(vim.lsp.buf_request_sync(0, "textDocument/codeAction", params, NEVER), "no code action came")
  local actions = {}
  for _, answer in pairs(answers) do
    vim.list_extend(actions, answer.result or {})
  end
  assert(#actions > 0, "no code action is offered")
  say("quick fix: " .. actions[1].title)
  vim.lsp.util.apply_workspace_edit(actions[1].edit, "utf-16")
  say("line: " .. vim.trim(vim.api.nvim_buf_get_lines(0, mistake.lnum, mistake.lnum + 1, true)[1]))
  assert(vim.wait(NEVER, function() return #found() == 0 end), "the diagnostic stayed")

  local hover = assert(vim.lsp.buf_request_sync(0, "textDocument/hover", { textDocument = { uri = uri }, position = here }, NEVER))
  for _, answer in pairs(hover) do
    say("hover: " .. answer.result.contents.value:gsub("\n", " "))
  end
  vim.cmd("write")
  say("the file is clean")
end

local fine, why = pcall(try)
if not fine then
  say("failed: " .. tostring(why))
  vim.cmd("cquit 1")
end
vim.cmd("qall!")
