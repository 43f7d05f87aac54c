import type { Resources } from './resource.ts';

/** The part of osls that its plugins see, and ours uses. */
export interface Osls {
  service: {
    provider: {
      environment: Record<string, unknown>;
      compiledCloudFormationTemplate: Template;
      coreCloudFormationTemplate: Template;
    };
    custom: { stack: { config: { stack: string; stage: string }; routerImage: string | null } };
  };
  serviceDir: string;
  getProvider(name: 'aws'): {
    getRegion(): string;
    /** Of AWS SDK v3 clients: region, and credentials as the command line says. */
    getAwsSdkV3Config(): Promise<{ region: string }>;
    naming: { getCoreTemplateFileName(): string };
  };
}

export interface Template {
  Resources: Resources;
  Outputs: Record<string, { Value: unknown }>;
}

export interface PluginUtils {
  log: { notice(text?: string): void; warning(text: string): void };
  progress: { get(name: string): { notice(text: string): void } };
  writeText(text: string): void;
}
