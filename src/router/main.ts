#!/usr/bin/env node
// The entry point of the image: `./serve serve`, `./serve load`, `./serve batch`, `./serve health`,
// `./serve relay`; and `serve capture`, a thread of the router. The health check runs every few seconds in every task, so this file loads what
// each command needs, no more.
import { checkHealth } from './health-command.ts';

const command = process.argv[2];

switch (command) {
  case 'serve': {
    const { serve } = await import('./serve-command.ts');
    await serve(process.env, process);
    break;
  }
  case 'load': {
    const { load } = await import('../loader/main.ts');
    process.exitCode = await load(process.env);
    break;
  }
  case 'batch': {
    const { batch } = await import('../batch/main.ts');
    process.exitCode = await batch(process.env);
    break;
  }
  case 'capture': {
    const { capture } = await import('../capture/main.ts');
    capture(process.env);
    break;
  }
  case 'relay': {
    const { relay } = await import('../relay/main.ts');
    await relay(process.env, process);
    break;
  }
  case 'health': {
    const { healthy, said } = await checkHealth(Number(process.env.HEADRACE_ROUTER_PORT ?? 8080));
    if (!healthy) console.error(said.replaceAll('\n', ' '));
    process.exitCode = healthy ? 0 : 1;
    break;
  }
  default:
    console.error(
      `Unknown command ${command ?? '(none)'}. Use serve, load, batch, health or relay.`,
    );
    process.exitCode = 2;
}
