import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [react()],
  build: {
    // Maven asks for target/classes/META-INF/resources, where Spring Boot serves static files from.
    outDir: process.env['SHUNT_UI_OUT'] ?? 'dist',
    emptyOutDir: true,
    // The first versions with light-dark(), which the themes are written in; for older ones it would be replaced wrongly.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // A data: URI would need its own CSP source.
    assetsInlineLimit: 0,
  },
  server: {
    // `npm run dev` beside a control plane on its default port.
    proxy: { '/api': process.env['SHUNT_API'] ?? 'http://localhost:8080' },
  },
  test: {
    environment: 'jsdom',
    setupFiles: ['src/test/setup.ts'],
    include: ['src/**/*.test.{ts,tsx}'],
    // Whole pages in jsdom take seconds on a busy machine.
    testTimeout: 90_000,
  },
});
