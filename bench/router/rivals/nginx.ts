import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const NGINX = '/usr/sbin/nginx';
/** Where Debian's libnginx-mod-http-js puts it. */
const NJS = '/usr/lib/nginx/modules/ngx_http_js_module.so';

export const hasNginx = existsSync(NGINX) && existsSync(NJS);

/** The chain in njs: one subrequest per stage, the body and its type handed from one to the next. */
const CHAIN = `
async function chain(r) {
  let body = r.requestBuffer;
  let type = r.headersIn['Content-Type'];
  for (let i = 0; i < Number(r.variables.stages); i++) {
    r.variables.ctype = type;
    const reply = await r.subrequest('/stage' + i, { method: 'POST', body });
    if (reply.status !== 200) {
      r.return(424, 'stage ' + i + ': ' + reply.status);
      return;
    }
    body = reply.responseBuffer;
    type = reply.headersOut['Content-Type'];
  }
  r.headersOut['Content-Type'] = type;
  r.return(200, body);
}
export default { chain };
`;

function configuration(dir: string, port: number, stages: readonly number[]): string {
  const upstreams = stages.map(
    (stage, i) => `upstream s${i} { server 127.0.0.1:${stage}; keepalive 256; }`,
  );
  const locations = stages.map(
    (_, i) => `location /stage${i} {
      internal;
      proxy_pass http://s${i}/invocations;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Content-Type $ctype;
      proxy_buffer_size 16k;
      proxy_buffers 4 8m;
      proxy_busy_buffers_size 12m;
      proxy_max_temp_file_size 0;
    }`,
  );
  return `
load_module ${NJS};
daemon off; master_process off; worker_processes 1; pid ${dir}/nginx.pid; error_log ${dir}/error.log crit;
events { worker_connections 4096; }
http {
  access_log off;
  tcp_nodelay on;
  keepalive_requests 100000000;
  client_body_temp_path ${dir}/body; proxy_temp_path ${dir}/proxy;
  fastcgi_temp_path ${dir}/f; uwsgi_temp_path ${dir}/u; scgi_temp_path ${dir}/s;
  js_path ${dir}; js_import chain.js; js_var $ctype;
  ${upstreams.join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    client_max_body_size 8m; client_body_buffer_size 8m; subrequest_output_buffer_size 8m;
    set $stages ${stages.length};
    location /invocations { js_content chain.chain; }
    ${locations.join('\n    ')}
  }
}
`;
}

/** Writes what nginx needs into `dir`. @returns the command line that runs it in the foreground. */
export async function prepareNginx(
  dir: string,
  port: number,
  stages: readonly number[],
): Promise<readonly [string, ...string[]]> {
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'chain.js'), CHAIN);
  await writeFile(join(dir, 'nginx.conf'), configuration(dir, port, stages));
  return [NGINX, '-c', join(dir, 'nginx.conf'), '-e', join(dir, 'error.log')];
}
