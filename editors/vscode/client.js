// Starts `awmc lsp` for specs, and shows what its lenses give.
const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

const SHOWN = new Set(["awmc.showRows", "awmc.showProof"]);

/** @type {LanguageClient | undefined} */
let client;

async function start() {
  const [command, ...args] = vscode.workspace.getConfiguration("awmc").get("command");
  client = new LanguageClient(
    "awmc",
    "AWM",
    { command, args },
    {
      documentSelector: [{ language: "awm" }],
      middleware: {
        async executeCommand(name, given, next) {
          const text = await next(name, given);
          if (SHOWN.has(name) && text) {
            const document = await vscode.workspace.openTextDocument({ language: "markdown", content: text });
            await vscode.window.showTextDocument(document, { preview: true, viewColumn: vscode.ViewColumn.Beside });
          }
          return text;
        },
      },
    },
  );
  try {
    await client.start();
  } catch (problem) {
    client = undefined;
    vscode.window.showErrorMessage(
      `The language server did not start: ${problem.message}. It comes with pip install 'awmc[lsp]'; ` +
        "the setting awmc.command says where it is.",
    );
  }
}

async function stop() {
  const running = client;
  client = undefined;
  await running?.stop();
}

exports.activate = async (context) => {
  context.subscriptions.push(
    vscode.workspace.onDidChangeConfiguration(async (change) => {
      if (change.affectsConfiguration("awmc.command")) {
        await stop();
        await start();
      }
    }),
  );
  await start();
};

exports.deactivate = stop;
