;;; run.el --- Run by `cargo xtask editors`, on the package of editors/testing  -*- lexical-binding: t; -*-

;;; Code:

(require 'cl-lib)
(require 'flymake)

(defvar name (format "emacs %s" emacs-major-version))

(defun check (what holds &optional found)
  "Say whether WHAT HOLDS, and what was FOUND instead."
  (princ (format "%s %s: %s%s\n" (if holds "ok" "not ok") name what (if (or holds (null found)) "" (format ": %S" found)))))

(defun face-at (text)
  "The face at the first TEXT."
  (goto-char (point-min))
  (search-forward text)
  (let ((face (get-text-property (match-beginning 0) 'face)))
    (if (consp face) (car face) face)))

(defun await (get)
  "Wait until GET answers something."
  (let ((end (+ (float-time) 20)) found)
    (while (and (not (setq found (funcall get))) (< (float-time) end))
      (accept-process-output nil 0.05))
    found))

(defun started ()
  "Whether the language server was started."
  (with-temp-buffer
    (ignore-errors (insert-file-contents (getenv "MLP_STARTS")))
    (goto-char (point-min))
    (re-search-forward "^lsp$" nil t)))

(defun colours (faces)
  "Check the FACES of some texts."
  (font-lock-ensure)
  (dolist (one faces)
    (let ((found (face-at (car one))))
      (check (format "%s is %s" (car one) (cdr one)) (eq found (cdr one)) found))))

(defun indentation ()
  "Indenting what was put to the left gives the text as it was."
  (let ((before (split-string (buffer-string) "\n"))
        (wrong '()))
    (goto-char (point-min))
    (while (not (eobp))
      (unless (nth 3 (syntax-ppss (line-beginning-position)))
        (indent-line-to 0))
      (forward-line))
    (indent-region (point-min) (point-max))
    (cl-mapc (lambda (old new) (unless (equal old new) (push new wrong))) before (split-string (buffer-string) "\n"))
    (check "indentation is that of `mlp fmt`" (null wrong) (reverse wrong))
    (revert-buffer t t t)))

(defun server ()
  "What the server says, as Eglot hears it."
  (check "the server is managed" (await (lambda () (and (fboundp 'eglot-current-server) (eglot-current-server)))))
  (let ((found (await (lambda () (flymake-diagnostics)))))
    (check "the mistake is shown at its place"
           (and found (= 10 (line-number-at-pos (flymake-diagnostic-beg (car found)))))
           found))
  (goto-char (point-min))
  (search-forward "Flight pick")
  (goto-char (match-beginning 0))
  (let ((hover (jsonrpc-request (eglot-current-server) :textDocument/hover (eglot--TextDocumentPositionParams))))
    (check "hover tells of the contract" (string-match-p "as the tower knows it" (format "%S" hover)) hover))
  (search-forward "far(flights)")
  (goto-char (match-beginning 0))
  (xref-find-definitions (thing-at-point 'symbol t))
  (check "the definition is found" (= 18 (line-number-at-pos)) (line-number-at-pos))
  (eglot-rename "distant")
  (check "rename reaches the call" (save-excursion (goto-char (point-min)) (search-forward "distant(flights)" nil t)))
  (set-buffer-modified-p nil))

(defun run ()
  "All of it."
  (let ((ts (getenv "MLP_TREE_SITTER")))
    (when ts (setq name (concat name " with tree-sitter")))
    (find-file "src/flights.mlp")
    (check "the mode is right" (eq major-mode (if ts 'mlp-ts-mode 'mlp-mode)) major-mode)
    (colours `(("contract" . font-lock-keyword-face)
               ("int64" . font-lock-type-face)
               ("\"data" . font-lock-string-face)
               ("pick" . font-lock-keyword-face)
               ,@(if ts
                     '(("A flight, as" . font-lock-doc-face)
                       ("5_000" . font-lock-number-face)
                       ("id:" . font-lock-property-name-face)
                       ("mean(" . font-lock-function-call-face)
                       ("far(" . font-lock-function-name-face))
                   '(("A flight, as" . font-lock-comment-face)
                     ("5_000" . font-lock-constant-face)
                     ("id:" . font-lock-variable-name-face)
                     ("mean" . font-lock-function-name-face)))))
    (indentation)
    (let ((index (format "%S" (imenu--make-index-alist t))))
      (check "imenu knows a stage, and a test" (and (string-match-p "far" index) (string-match-p "a flight does not go backwards" index)) index))
    (let ((settings (plist-get (default-value 'eglot-workspace-configuration) :mlp)))
      (check "the settings of the server are known" (equal (plist-get settings :lens) '(:graph :json-false)) settings))
    ;; Eglot waits for the first command, and there is none in batch
    (ignore-errors (run-hooks 'post-command-hook))
    (check "the language server is started" (await #'started))
    (server)))

(condition-case why (run) (error (check "the test runs to its end" nil why)))
(kill-emacs 0)
;;; run.el ends here
