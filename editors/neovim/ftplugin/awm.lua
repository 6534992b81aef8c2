-- A buffer that holds a spec: its settings, and `awmc lsp` beside it. `vim.g.awmc_command` names another command line.
vim.bo.commentstring = "# %s"
vim.bo.expandtab = true
vim.bo.shiftwidth = 2
vim.bo.softtabstop = 2
vim.bo.omnifunc = "v:lua.vim.lsp.omnifunc"

local config = {
  name = "awmc",
  cmd = vim.g.awmc_command or { "awmc", "lsp" },
  root_dir = vim.fn.expand("%:p:h"),
}

if vim.lsp.start then
  vim.lsp.start(config)
else
  -- Neovim 0.7: one client for all buffers.
  local id = vim.g.awmc_client
  if not id or not vim.lsp.get_client_by_id(id) then
    id = vim.lsp.start_client(config)
    vim.g.awmc_client = id
  end
  vim.lsp.buf_attach_client(0, id)
end
