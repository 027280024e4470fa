;;; bincard.el --- Flows and rules of bincard, with eglot -*- lexical-binding: t -*-
;; Emacs 29 and later: put this file on your load path and write (require 'bincard) into your init.el

(require 'eglot)

(define-derived-mode bincard-flow-mode prog-mode "Flow"
  "Flows of bincard: findings, completion and layout come from the language server."
  (setq-local comment-start "// ")
  (setq-local comment-start-skip "//+ *")
  (setq-local indent-tabs-mode nil)
  (setq-local tab-width 2))

(define-derived-mode bincard-rule-mode prog-mode "Rule"
  "Rule scripts of bincard."
  (setq-local comment-start "// ")
  (setq-local comment-start-skip "//+ *")
  (setq-local indent-tabs-mode nil)
  (setq-local tab-width 4))

(add-to-list 'auto-mode-alist '("\\.flow\\'" . bincard-flow-mode))
(add-to-list 'auto-mode-alist '("\\.rhai\\'" . bincard-rule-mode))
(add-to-list 'eglot-server-programs '((bincard-flow-mode bincard-rule-mode) . ("bincard" "lsp")))
(add-hook 'bincard-flow-mode-hook #'eglot-ensure)
(add-hook 'bincard-rule-mode-hook #'eglot-ensure)

(provide 'bincard)
;;; bincard.el ends here
