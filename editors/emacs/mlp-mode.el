;;; mlp-mode.el --- Editing mlp, a language for machine-learning pipelines  -*- lexical-binding: t; -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "27.1"))
;; Keywords: languages
;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; `mlp-mode' colours and indents by patterns; `mlp-ts-mode' (Emacs 29 and later, where the parser of tree-sitter is installed) by the syntax tree.
;; Both speak to the language server through Eglot: M-x eglot.

;;; Code:

(require 'mlp-words)
(require 'browse-url)
(require 'imenu)

(defvar eglot-server-programs)
(declare-function eglot-current-server "eglot")
(declare-function eglot--TextDocumentPositionParams "eglot")
(declare-function jsonrpc-request "jsonrpc")
(declare-function treesit-font-lock-rules "treesit")
(declare-function treesit-major-mode-setup "treesit")
(declare-function treesit-parser-create "treesit.c")
(declare-function treesit-ready-p "treesit")
(declare-function treesit-node-child-by-field-name "treesit.c")
(declare-function treesit-node-text "treesit")
(defvar treesit-font-lock-settings)
(defvar treesit-font-lock-feature-list)
(defvar treesit-simple-indent-rules)
(defvar treesit-simple-imenu-settings)
(defvar treesit-defun-type-regexp)
(defvar treesit-defun-name-function)
(defvar treesit-language-source-alist)

(defgroup mlp nil "Editing mlp." :group 'languages :prefix "mlp-")

(defcustom mlp-indent-offset 2
  "How far a step of indentation goes."
  :type 'integer
  :safe #'integerp)

(defconst mlp--word "[[:alpha:]_][[:alnum:]_]*")

(defconst mlp--items (regexp-opt mlp-words-items))

(defun mlp--role (&rest words)
  "A pattern for WORDS where they are keywords, not names."
  (concat "\\(?:^\\|[^.@[:alnum:]_]\\)\\(" (regexp-opt (apply #'append words)) "\\)\\_>\\(?:[^:=[:alnum:]_ \t]\\|[ \t]+[^:= \t]\\|[ \t]*==\\|[ \t]*$\\)"))

(defconst mlp-font-lock-keywords
  `((,(concat "^[ \t]*\\(" mlp--items "\\)[ \t]+\\(" mlp--word "\\)?") (1 font-lock-keyword-face) (2 font-lock-function-name-face nil t))
    (,(concat "^[ \t]*\\(test\\)[ \t]*\"") 1 font-lock-keyword-face)
    ("\\_<matches\\_>[ \t]+\\(/\\(?:[^/\\\\\n]\\|\\\\.\\)+/\\)" 1 font-lock-string-face t)
    (,(concat "@" mlp--word) . font-lock-preprocessor-face)
    (,(mlp--role mlp-words-entries) 1 font-lock-keyword-face)
    ("^[ \t]*\\(key\\|unique\\)[ \t]*(" 1 font-lock-keyword-face)
    (,(mlp--role mlp-words-modifiers mlp-words-clauses mlp-words-algebra mlp-words-operators) 1 font-lock-keyword-face)
    (,(mlp--role mlp-words-constants '("self")) 1 font-lock-constant-face)
    (,(concat "\\_<\\(" mlp--word "\\)[ \t]*\\(?::\\|=[^=]\\)") 1 font-lock-variable-name-face)
    (,(concat "\\(?:^\\|[^.@[:alnum:]_]\\)\\(" (regexp-opt (append mlp-words-types mlp-words-artifacts)) "\\)\\_>") 1 font-lock-type-face)
    (,(concat "\\_<[[:upper:]][[:alnum:]_]*[[:lower:]][[:alnum:]_]*\\_>") . font-lock-type-face)
    (,(concat "\\_<\\(" mlp--word "\\)[ \t]*(") 1 font-lock-function-name-face)
    ("\\_<[0-9][0-9_.:TZ-]*\\(?:[eE][+-]?[0-9]+\\)?\\(?:%\\|[[:alpha:]]+\\)?" . font-lock-constant-face))
  "Colours of `mlp-mode'; the first that fits wins.")

(defvar mlp-mode-syntax-table
  (let ((table (make-syntax-table)))
    (modify-syntax-entry ?/ ". 12" table)
    (modify-syntax-entry ?\n ">" table)
    (modify-syntax-entry ?\" "\"" table)
    (modify-syntax-entry ?\\ "\\" table)
    (modify-syntax-entry ?_ "_" table)
    (modify-syntax-entry ?@ "_" table)
    (modify-syntax-entry ?< "." table)
    (modify-syntax-entry ?> "." table)
    table)
  "Comments, texts and brackets of mlp.")

(defconst mlp--continuing
  (concat "\\(?:" (regexp-opt (remove "in" mlp-words-continuing) 'symbols) "[ \t]*\\(?:[^:= \t]\\|==\\|$\\)\\|@" mlp--word "\\)")
  "What a line that goes on with an entry begins with.")

(defun mlp-indent-line ()
  "Indent a line by the brackets around it.
One that goes on with an entry is a step further in."
  (interactive)
  (let* ((depth (save-excursion (car (syntax-ppss (line-beginning-position)))))
         (first (save-excursion (back-to-indentation) (point)))
         (closing (save-excursion (goto-char first) (looking-at "[])}]")))
         (more (save-excursion (goto-char first) (and (> depth 0) (looking-at mlp--continuing))))
         (column (* mlp-indent-offset (+ depth (if closing -1 0) (if more 1 0)))))
    (unless (save-excursion (nth 3 (syntax-ppss first)))
      (if (<= (point) first)
          (indent-line-to (max 0 column))
        (save-excursion (indent-line-to (max 0 column)))))))

(defconst mlp-imenu
  (mapcar
   (lambda (item) (list (capitalize item) (concat "^" item "[ \t]+\\(?:\"\\([^\"]+\\)\"\\|\\(" mlp--word "\\)\\)") (if (equal item "test") 1 2)))
   (remove "moments" (remove "use" mlp-words-items)))
  "Declarations for `imenu'.")

(defun mlp--common ()
  "What both modes share."
  (setq-local comment-start "// ")
  (setq-local comment-start-skip "//[/!]?[ \t]*")
  (setq-local comment-end "")
  (setq-local indent-tabs-mode nil)
  (setq-local tab-width 2)
  (setq-local compile-command "mlp check --format short ")
  (setq-local electric-indent-chars (append "{}()[]\n" electric-indent-chars)))

(defvar mlp-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "C-c C-g") #'mlp-show-graph)
    (define-key map (kbd "C-c C-c") #'compile)
    map)
  "Keys of mlp.")

;;;###autoload
(define-derived-mode mlp-mode prog-mode "mlp"
  "Major mode for mlp."
  (mlp--common)
  (setq-local font-lock-defaults '(mlp-font-lock-keywords))
  (setq-local indent-line-function #'mlp-indent-line)
  (setq-local imenu-generic-expression mlp-imenu))

;; ---- By the syntax tree ----

(defun mlp--any (words)
  "WORDS as a pattern for whole texts."
  (concat "\\`" (regexp-opt words t) "\\'"))

(defun mlp--ts-rules ()
  "Colours of `mlp-ts-mode'."
  (treesit-font-lock-rules
   :language 'mlp :feature 'comment
   '([(comment)] @font-lock-comment-face [(doc_comment) (module_comment)] @font-lock-doc-face)
   :language 'mlp :feature 'string
   '([(string) (long_string) (format_string)] @font-lock-string-face (regex) @font-lock-regexp-face)
   :language 'mlp :feature 'escape :override t
   '((escape_sequence) @font-lock-escape-face (format_spec) @font-lock-escape-face)
   :language 'mlp :feature 'keyword
   `([,@mlp-words-items ,@mlp-words-entries ,@mlp-words-clauses ,@mlp-words-algebra ,@mlp-words-operators ,@mlp-words-modifiers] @font-lock-keyword-face
     [(key) (label) (unique)] @font-lock-keyword-face)
   :language 'mlp :feature 'definition
   '((_ name: (identifier) @font-lock-function-name-face (:match "\\`[[:lower:]_]" @font-lock-function-name-face)
        [(parameters) (stage_body) (statements)])
     (env_declaration name: (identifier) @font-lock-constant-face)
     (const_declaration name: (identifier) @font-lock-constant-face)
     (secret_declaration name: (identifier) @font-lock-constant-face)
     (parameter name: (identifier) @font-lock-variable-name-face)
     (let name: (identifier) @font-lock-variable-name-face))
   :language 'mlp :feature 'property
   '((field name: (identifier) @font-lock-property-name-face)
     (setting name: (identifier) @font-lock-property-name-face)
     (metric name: (identifier) @font-lock-property-name-face)
     (member name: (identifier) @font-lock-property-use-face)
     (column (identifier) @font-lock-property-use-face))
   :language 'mlp :feature 'type
   `((type_identifier) @font-lock-type-face
     ((identifier) @font-lock-type-face (:match "\\`[[:upper:]].*[[:lower:]]" @font-lock-type-face)))
   :language 'mlp :feature 'constant
   `(((identifier) @font-lock-constant-face (:match ,(mlp--any (cons "self" mlp-words-constants)) @font-lock-constant-face))
     (enum_body (identifier) @font-lock-constant-face)
     (tag) @font-lock-preprocessor-face)
   :language 'mlp :feature 'number
   '([(number) (percentage) (duration) (size) (date) (timestamp)] @font-lock-number-face)
   :language 'mlp :feature 'function
   '((call function: (identifier) @font-lock-function-call-face))
   :language 'mlp :feature 'operator
   '(["=" "==" "!=" "<=" ">=" "+" "-" "*" "/" "->" "<:" ".."] @font-lock-operator-face)
   :language 'mlp :feature 'bracket
   '(["(" ")" "[" "]" "{" "}"] @font-lock-bracket-face)))

(defconst mlp--ts-blocks
  (regexp-opt
   '("use_list" "contract_body" "enum_body" "metrics_body" "env_body" "stage_body" "policy_body" "statements" "deployment_body" "fields" "selected" "renames"
     "parameters" "outputs" "arguments" "list" "parenthesized" "map" "set" "row_body" "columns")
   t))

(defconst mlp--ts-indent
  `((mlp
     ((parent-is "source_file") column-0 0)
     ((node-is "[])}]") parent-bol 0)
     ((parent-is "long_string") no-indent 0)
     ((parent-is ,(concat "\\`" mlp--ts-blocks "\\'")) parent-bol mlp-indent-offset)
     (catch-all parent-bol mlp-indent-offset)))
  "Indentation of `mlp-ts-mode'.")

(defun mlp--ts-name (node)
  "The name that NODE declares."
  (let ((name (treesit-node-child-by-field-name node "name")))
    (and name (string-trim (treesit-node-text name t) "\"" "\""))))

;;;###autoload
(define-derived-mode mlp-ts-mode prog-mode "mlp"
  "Major mode for mlp, by its tree-sitter grammar."
  :syntax-table mlp-mode-syntax-table
  (unless (and (require 'treesit nil t) (treesit-ready-p 'mlp))
    (error "The tree-sitter grammar of mlp is not installed: M-x treesit-install-language-grammar"))
  (treesit-parser-create 'mlp)
  (mlp--common)
  (setq-local treesit-font-lock-settings (mlp--ts-rules))
  (setq-local treesit-font-lock-feature-list
              '((comment definition) (keyword string type) (constant escape function number property) (operator bracket)))
  (setq-local treesit-simple-indent-rules mlp--ts-indent)
  (setq-local treesit-defun-type-regexp "_declaration\\'")
  (setq-local treesit-defun-name-function #'mlp--ts-name)
  (setq-local treesit-simple-imenu-settings '((nil "_declaration\\'" nil mlp--ts-name)))
  (treesit-major-mode-setup))

(set-keymap-parent mlp-ts-mode-map mlp-mode-map)

;; ---- The language server ----

(defun mlp-show-graph ()
  "Show the graph of the pipeline at point in a browser."
  (interactive)
  (let* ((server (or (eglot-current-server) (user-error "The language server is not running: M-x eglot")))
         (place (eglot--TextDocumentPositionParams))
         (answer (jsonrpc-request server :workspace/executeCommand `(:command "mlp.showGraph" :arguments [,place])))
         (url (if (stringp answer) answer (plist-get answer :url))))
    (if url (browse-url url) (message "There is no pipeline here"))))

(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs '((mlp-mode mlp-ts-mode) . ("mlp" "lsp"))))

;;;###autoload
(add-to-list 'auto-mode-alist '("\\.mlp\\'" . mlp-mode))

(with-eval-after-load 'compile
  (defvar compilation-error-regexp-alist)
  (defvar compilation-error-regexp-alist-alist)
  (add-to-list 'compilation-error-regexp-alist 'mlp)
  (add-to-list 'compilation-error-regexp-alist-alist
               '(mlp "^\\(.+?\\):\\([0-9]+\\):\\([0-9]+\\): \\(?:error\\|\\(warning\\)\\|\\(note\\)\\)\\[MLP" 1 2 3 (4 . 5))))

(provide 'mlp-mode)
;;; mlp-mode.el ends here
