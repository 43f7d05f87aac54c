import type { Resources } from './resource.ts';
import type { stack } from './stack.ts';

type Stack = Awaited<ReturnType<typeof stack>>;

/** The part of osls that its plugins see, and ours uses. */
export interface Osls {
  service: {
    provider: {
      environment: Record<string, unknown>;
      compiledCloudFormationTemplate: Template;
      coreCloudFormationTemplate: Template;
    };
    custom: { stack: Pick<Stack, 'config' | 'routerImage'> };
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
  progress: { get(name: string): { notice(text: string): void } };
  writeText(text: string): void;
}
