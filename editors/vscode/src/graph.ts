/** The graph of a pipeline, beside the text: the page that the server serves on this machine, in a panel. */
import * as vscode from 'vscode';

import type { Server } from './server';

/** Where in which file; what a lens or the cursor says. */
interface Place {
  textDocument?: { uri: string };
  position?: { line: number; character: number };
}

export class Graph implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;

  constructor(private readonly server: Server) {}

  async show(place?: Place): Promise<void> {
    if (!this.server.running) {
      void vscode.window.showWarningMessage('The language server of mlp is not running, so there is no graph.');
      return;
    }
    const url = address(await this.server.execute('mlp.showGraph', isPlace(place) ? place : cursor()));
    if (!url) {
      void vscode.window.showInformationMessage('There is no pipeline here whose graph could be shown.');
      return;
    }
    // the server's loopback is not the browser's where the editor runs elsewhere; what maps the port may forget the path
    const inside = vscode.Uri.parse(url, true);
    const outside = await vscode.env.asExternalUri(inside.with({ path: '/' }));
    this.page().webview.html = frame(vscode.Uri.joinPath(outside, inside.path));
  }

  dispose(): void {
    this.panel?.dispose();
  }

  private page(): vscode.WebviewPanel {
    if (this.panel) {
      this.panel.reveal(undefined, true);
      return this.panel;
    }
    const column = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    const panel = vscode.window.createWebviewPanel('mlp.graph', 'Graph', column, { enableScripts: true, retainContextWhenHidden: true });
    panel.onDidDispose(() => (this.panel = undefined));
    this.panel = panel;
    return panel;
  }
}

function isPlace(place: unknown): place is Place {
  return typeof place === 'object' && place !== null && 'textDocument' in place;
}

function cursor(): Place {
  const editor = vscode.window.activeTextEditor;
  if (editor?.document.languageId !== 'mlp') return {};
  const { line, character } = editor.selection.active;
  return { textDocument: { uri: editor.document.uri.toString() }, position: { line, character } };
}

/** The server answers `{ url }`, the address alone, or nothing. */
function address(answer: unknown): string | undefined {
  if (typeof answer === 'string') return answer;
  if (typeof answer === 'object' && answer !== null && 'url' in answer && typeof answer.url === 'string') return answer.url;
  return undefined;
}

function frame(page: vscode.Uri): string {
  const url = page.toString(true).replace(/&/g, '&amp;').replace(/"/g, '&quot;');
  const origin = `${page.scheme}://${page.authority}`;
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta http-equiv="Content-Security-Policy" content="default-src 'none'; frame-src ${origin}; style-src 'unsafe-inline'">
  <style>html, body, iframe { margin: 0; padding: 0; border: 0; width: 100%; height: 100%; overflow: hidden; background: var(--vscode-editor-background); }
    body.vscode-light { color-scheme: light; } body.vscode-dark, body.vscode-high-contrast { color-scheme: dark; }</style>
</head>
<body><iframe src="${url}" title="Graph" sandbox="allow-scripts allow-same-origin allow-downloads"></iframe></body>
</html>`;
}
