/** The language server `mlp lsp`, as a child process that speaks over its standard input and output. */
import * as vscode from 'vscode';
import {
  CloseAction,
  type CloseHandlerResult,
  CodeActionRequest,
  CompletionRequest,
  DefinitionRequest,
  DidChangeTextDocumentNotification,
  DidCloseTextDocumentNotification,
  DidOpenTextDocumentNotification,
  DidSaveTextDocumentNotification,
  DocumentDiagnosticRequest,
  DocumentHighlightRequest,
  type DocumentSelector,
  ErrorAction,
  type ErrorHandler,
  ExecuteCommandRequest,
  HoverRequest,
  LanguageClient,
  type LanguageClientOptions,
  ReferencesRequest,
  RenameRequest,
  RevealOutputChannelOn,
  type ServerCapabilities,
  type ServerOptions,
  State,
  TypeDefinitionRequest,
} from 'vscode-languageclient/node';

import { program } from './program';

/** Texts in our language. */
const OURS = ['file', 'untitled', 'vscode-remote'].map((scheme) => ({ scheme, language: 'mlp' }));
/** The same, and the SQL that stages may run. */
const WITH_SQL = [...OURS, ...['file', 'vscode-remote'].map((scheme) => ({ scheme, language: 'sql' }))];

/** So many restarts within so long a time are too many. */
const RESTARTS = 4;
const WITHIN = 3 * 60 * 1000;

export class Server {
  private client: LanguageClient | undefined;

  constructor(private readonly output: vscode.OutputChannel) {}

  async start(): Promise<void> {
    const command = program();
    const run: ServerOptions = { command, args: ['lsp'] };
    const client = new Client('mlp', 'mlp', run, this.options());
    keepCommands(client);
    includeSql(client);
    this.client = client;
    try {
      await client.start();
    } catch (error) {
      this.client = undefined;
      await this.failed(command, error);
    }
  }

  async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (client && client.state !== State.Stopped) await client.stop().catch(() => undefined);
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** What the server answers to a command; `undefined` where it does not run. */
  async execute(command: string, argument: unknown): Promise<unknown> {
    if (this.client?.state !== State.Running) return undefined;
    return this.client.sendRequest(ExecuteCommandRequest.type, { command, arguments: [argument] });
  }

  get running(): boolean {
    return this.client?.state === State.Running;
  }

  private options(): LanguageClientOptions {
    return {
      documentSelector: OURS,
      synchronize: {
        configurationSection: 'mlp',
        fileEvents: vscode.workspace.createFileSystemWatcher('**/{*.mlp,mlp.toml,mlp.lock,*.sql,*.py}'),
      },
      // the snippets are those of the extension itself
      initializationOptions: { ...vscode.workspace.getConfiguration('mlp'), hasSnippets: true },
      outputChannel: this.output,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      errorHandler: new Patience(),
    };
  }

  private async failed(command: string, error: unknown): Promise<void> {
    const why = error instanceof Error ? error.message : String(error);
    this.output.appendLine(`\`${command} lsp\` could not be started: ${why}`);
    const settings = 'Open Settings';
    const output = 'Show Output';
    const chosen = await vscode.window.showErrorMessage(
      `\`${command} lsp\` could not be started. Install mlp, or set \`mlp.path\`.`,
      settings,
      output,
    );
    if (chosen === settings) await vscode.commands.executeCommand('workbench.action.openSettings', 'mlp.path');
    if (chosen === output) this.output.show(true);
  }
}

/** Says on its output alone what went wrong: what a person can do about it, the extension says. */
class Client extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

/**
 * The commands that the server can execute are shown by this extension, under the same names: `mlp.showGraph` of a lens opens the panel. The client would
 * register each of them a second time.
 */
function keepCommands(client: LanguageClient): void {
  const feature = client.getFeature(ExecuteCommandRequest.method);
  feature.initialize = () => undefined;
  feature.register = () => undefined;
}

/** Something of the client that looks at texts. */
interface Feature {
  initialize(capabilities: ServerCapabilities, texts: DocumentSelector | undefined): void;
}

/**
 * Shows SQL to the server, and asks it what names in that mean: of the files that stages run it knows, and says nothing of others. Everything else, as how
 * SQL is laid out and folded, stays as if this extension were not there.
 */
function includeSql(client: LanguageClient): void {
  const features: (Feature | undefined)[] = [
    client.getFeature(DidOpenTextDocumentNotification.method),
    client.getFeature(DidChangeTextDocumentNotification.method),
    client.getFeature(DidCloseTextDocumentNotification.method),
    client.getFeature(DidSaveTextDocumentNotification.method),
    client.getFeature(CodeActionRequest.method),
    client.getFeature(CompletionRequest.method),
    client.getFeature(DefinitionRequest.method),
    client.getFeature(DocumentDiagnosticRequest.method),
    client.getFeature(DocumentHighlightRequest.method),
    client.getFeature(HoverRequest.method),
    client.getFeature(ReferencesRequest.method),
    client.getFeature(RenameRequest.method),
    client.getFeature(TypeDefinitionRequest.method),
  ];
  for (const feature of features) {
    if (!feature) continue;
    const initialize = feature.initialize.bind(feature);
    feature.initialize = (capabilities) => initialize(capabilities, WITH_SQL);
  }
}

/** Starts a server that ended again, but not one that never came up or ends again and again. */
class Patience implements ErrorHandler {
  private readonly ends: number[] = [];

  error(): { action: ErrorAction } {
    return { action: ErrorAction.Continue };
  }

  closed(): CloseHandlerResult {
    const now = Date.now();
    this.ends.push(now);
    while (this.ends[0] !== undefined && now - this.ends[0] > WITHIN) this.ends.shift();
    if (this.ends.length <= RESTARTS) return { action: CloseAction.Restart };
    return {
      action: CloseAction.DoNotRestart,
      message: 'The language server of mlp ended again and again. `mlp: Restart Language Server` starts it once more.',
    };
  }
}
