/** The extension: starts the language server, and does on the client's side what the protocol leaves to it. */
import * as vscode from 'vscode';

import { Server } from './server';
import { Graph } from './graph';
import { Tasks } from './tasks';

let server: Server | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const output = vscode.window.createOutputChannel('mlp');
  server = new Server(output);
  const tasks = new Tasks();
  const graph = new Graph(server);
  context.subscriptions.push(
    output,
    graph,
    vscode.tasks.registerTaskProvider('mlp', tasks),
    vscode.commands.registerCommand('mlp.showGraph', (place) => graph.show(place)),
    vscode.commands.registerCommand('mlp.restart', () => server?.restart()),
    vscode.commands.registerCommand('mlp.showOutput', () => output.show(true)),
    vscode.commands.registerCommand('mlp.run', (what) => tasks.pipeline(what)),
    vscode.commands.registerCommand('mlp.test', (what) => tasks.test(what)),
    vscode.commands.registerCommand('mlp.showRun', (what) => tasks.ran(what)),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('mlp.path')) void server?.restart();
    }),
  );
  await server.start();
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}
