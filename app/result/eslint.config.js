import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import globals from 'globals';

export default defineConfig(
  { ignores: ['coverage/'] },
  {
    files: ['**/*.js'],
    plugins: { js },
    extends: ['js/recommended'],
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      curly: ['error', 'multi-line'],
      eqeqeq: 'error',
      'no-implicit-coercion': 'error',
      'no-shadow': 'error',
      'no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-var': 'error',
      'prefer-const': 'error',
      complexity: ['error', 10],
      'max-lines': ['error', 300],
    },
  },
  { files: ['public/**'], languageOptions: { globals: globals.browser } },
  { files: ['src/**', 'test/**', '*.js'], languageOptions: { globals: globals.node } },
);
