-- The lenses over seeds and tasks (`vim.lsp.codelens.run()`) show rows and proofs in a window of their own.
local function show(command, context)
  local client = vim.lsp.get_client_by_id(context.client_id)
  local params = { command = command.command, arguments = command.arguments }
  client.request("workspace/executeCommand", params, function(problem, text)
    if problem then
      vim.notify(problem.message, vim.log.levels.ERROR)
      return
    end
    vim.cmd("new")
    vim.bo.buftype = "nofile"
    vim.bo.bufhidden = "wipe"
    vim.bo.filetype = "markdown"
    vim.api.nvim_buf_set_lines(0, 0, -1, false, vim.split(text or "", "\n"))
    vim.bo.modifiable = false
  end)
end

vim.lsp.commands["awmc.showRows"] = show
vim.lsp.commands["awmc.showProof"] = show
