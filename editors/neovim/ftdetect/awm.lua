vim.api.nvim_create_autocmd({ "BufRead", "BufNewFile" }, {
  pattern = "*.awm",
  callback = function()
    vim.bo.filetype = "awm"
  end,
})
