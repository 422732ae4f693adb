import * as vscode from 'vscode';

/** The `mlp` program that the settings name. */
export function program(): string {
  return vscode.workspace.getConfiguration('mlp').get<string>('path')?.trim() || 'mlp';
}
