-- A person at work in Neovim: opens the spec that `SPEC` names, types, asks, and writes what was seen to `SEEN`.
local seen = {}
local function wait(what, condition)
  if not vim.wait(60000, condition, 20) then
    local line = vim.fn.getline(".")
    error("waited in vain for " .. what .. "; there are " .. vim.inspect(vim.diagnostic.get(0)) .. " at: " .. line)
  end
end

local function problems()
  local found = {}
  for _, one in ipairs(vim.diagnostic.get(0)) do
    table.insert(found, one.code or one.user_data.lsp.code)
  end
  table.sort(found)
  return table.concat(found, " ")
end

local function diagnosed(codes)
  wait("the diagnostics " .. codes, function()
    return problems() == codes
  end)
end

local function place(text)
  assert(vim.fn.search("\\V" .. text, "w") > 0, text)
end

local function ask(method, params)
  local answers = assert(vim.lsp.buf_request_sync(0, method, params or vim.lsp.util.make_position_params(), 60000))
  for _, answer in pairs(answers) do
    return answer.result
  end
end

local function work()
  vim.cmd("edit " .. vim.env.SPEC)
  wait("the server", function()
    local client = vim.lsp.get_active_clients()[1]
    return client and client.initialized
  end)
  diagnosed("AWM514 AWM514")
  local saved = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")

  -- Typed key by key, so that the editor sends its own incremental changes.
  place("slot.starts > now else")
  vim.cmd("normal! ft5s_🙂")
  diagnosed("AWM001")
  vim.cmd("normal! u")
  diagnosed("AWM514 AWM514")
  place("slot.starts > now else")
  vim.cmd("normal! fscestart")
  diagnosed("AWM203")
  seen.message = vim.diagnostic.get(0)[1].message
  local actions = ask("textDocument/codeAction", {
    textDocument = vim.lsp.util.make_text_document_params(),
    range = vim.lsp.util.make_range_params().range,
    context = { diagnostics = {} },
  })
  seen.action = actions[1].title
  vim.lsp.util.apply_workspace_edit(actions[1].edit, "utf-16")
  diagnosed("AWM514 AWM514")
  seen.mended = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n") == saved

  place("let doctors = list_doctors")
  vim.cmd("normal! fl")
  seen.hover = ask("textDocument/hover").contents.value
  vim.lsp.buf.definition()
  wait("the declaration", function()
    return vim.fn.getline("."):find("^tools Doctor") ~= nil
  end)
  seen.declared = vim.fn.expand("<cword>")

  place("min_by(doctors, .fee)")
  vim.cmd("normal! f.l")
  local items = vim.lsp.util.extract_completion_items(ask("textDocument/completion"))
  seen.items = {}
  for _, item in ipairs(items) do
    table.insert(seen.items, item.label)
  end

  place("entity Doctor")
  vim.cmd("normal! w")
  vim.lsp.buf.rename("Physician")
  wait("the new name", function()
    return vim.fn.search("list_physicians(specialty", "nw") > 0
  end)
  diagnosed("AWM514 AWM514")
  vim.cmd("silent undo")
  diagnosed("AWM514 AWM514")

  vim.fn.append(0, { "", "", "" })
  vim.lsp.buf.formatting_sync(nil, 60000)
  seen.first = vim.fn.getline(1)
  diagnosed("AWM514 AWM514")

  vim.lsp.codelens.refresh()
  wait("the lenses", function()
    return #vim.lsp.codelens.get(0) > 0
  end)
  seen.lenses = {}
  for _, lens in ipairs(vim.lsp.codelens.get(0)) do
    table.insert(seen.lenses, lens.command.title)
  end
  place("seed Doctor")
  vim.lsp.codelens.run()
  wait("the rows", function()
    return vim.bo.filetype == "markdown"
  end)
  seen.rows = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
end

local done, problem = xpcall(work, debug.traceback)
seen.problem = not done and problem or nil
vim.fn.writefile({ vim.json and vim.json.encode(seen) or vim.fn.json_encode(seen) }, vim.env.SEEN)
vim.cmd("qall!")
