/** `mlp check`, `test`, `run` and `fmt` as tasks; what they report is under Problems. */
import * as path from 'node:path';
import * as vscode from 'vscode';

import { program } from './program';

interface Definition extends vscode.TaskDefinition {
  command: string;
  arguments?: string[];
}

const COMMANDS = ['check', 'test', 'run', 'fmt'];
/** Commands that report, one line for each finding. */
const REPORTING = new Set(['check', 'test', 'run']);

export class Tasks implements vscode.TaskProvider {
  provideTasks(): vscode.Task[] {
    return (vscode.workspace.workspaceFolders ?? []).flatMap((folder) =>
      COMMANDS.map((command) => task({ type: 'mlp', command }, command, folder, folder.uri.fsPath)),
    );
  }

  resolveTask(asked: vscode.Task): vscode.Task | undefined {
    const definition = asked.definition as Definition;
    const folder = typeof asked.scope === 'object' ? asked.scope : vscode.workspace.workspaceFolders?.[0];
    return folder && task(definition, asked.name, folder, folder.uri.fsPath);
  }

  /** What the lens above a pipeline does. */
  async pipeline(what: { uri: string; pipeline: string }): Promise<void> {
    await this.start('run', [what.pipeline], what.pipeline, what.uri);
  }

  /** What the lens above a test does. */
  async test(what: { uri: string; name: string }): Promise<void> {
    await this.start('test', ['--filter', what.name], what.name, what.uri);
  }

  /** What the lens that tells of a run does: shows all of it. */
  async ran(what: { uri: string; run: string }): Promise<void> {
    await this.start('runs', ['show', what.run], what.run, what.uri);
  }

  private async start(command: string, args: string[], name: string, uri: string): Promise<void> {
    const file = vscode.Uri.parse(uri);
    await vscode.workspace.textDocuments.find((one) => one.uri.toString() === file.toString())?.save();
    const scope = vscode.workspace.getWorkspaceFolder(file) ?? vscode.TaskScope.Workspace;
    await vscode.tasks.executeTask(task({ type: 'mlp', command, arguments: args }, `${command} ${name}`, scope, path.dirname(file.fsPath)));
  }
}

function task(definition: Definition, name: string, scope: vscode.WorkspaceFolder | vscode.TaskScope.Workspace, cwd: string): vscode.Task {
  const report = REPORTING.has(definition.command) ? ['--format', 'short'] : [];
  const args = [definition.command, ...(definition.arguments ?? []), ...report];
  const run = new vscode.ProcessExecution(program(), args, { cwd });
  const made = new vscode.Task(definition, scope, name, 'mlp', run, '$mlp');
  if (definition.command === 'check') made.group = vscode.TaskGroup.Build;
  if (definition.command === 'test') made.group = vscode.TaskGroup.Test;
  made.presentationOptions = { reveal: vscode.TaskRevealKind.Always, panel: vscode.TaskPanelKind.Dedicated, clear: true };
  return made;
}
