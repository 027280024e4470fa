-- Flows and rules in Neovim 0.7 and later: put this file into ~/.config/nvim/lua/ and write
-- require("bincard").setup() into your init.lua. `cmd` names the program where it is not on your path.
local M = {}
local clients = {}

local function book_of(path)
  local found = vim.fn.findfile("bincard.yaml", vim.fn.fnameescape(vim.fn.fnamemodify(path, ":p:h")) .. ";")
  return vim.fn.fnamemodify(found ~= "" and found or path, ":p:h")
end

function M.attach(buffer, cmd)
  if vim.fn.executable(cmd[1]) == 0 then
    vim.notify("bincard: `" .. cmd[1] .. "` is not a program on your path", vim.log.levels.ERROR)
    return
  end
  local root = book_of(vim.api.nvim_buf_get_name(buffer))
  if not clients[root] or not vim.lsp.get_client_by_id(clients[root]) then
    clients[root] = vim.lsp.start_client({ name = "bincard", cmd = cmd, root_dir = root })
  end
  vim.lsp.buf_attach_client(buffer, clients[root])
end

function M.setup(options)
  local cmd = (options or {}).cmd or { "bincard", "lsp" }
  local group = vim.api.nvim_create_augroup("bincard", {})
  for pattern, language in pairs({ ["*.flow"] = "flow", ["*.rhai"] = "rhai" }) do
    vim.api.nvim_create_autocmd({ "BufRead", "BufNewFile" }, {
      group = group,
      pattern = pattern,
      callback = function(event)
        vim.bo[event.buf].filetype = language
        vim.bo[event.buf].commentstring = "// %s"
        M.attach(event.buf, cmd)
      end,
    })
  end
end

return M
