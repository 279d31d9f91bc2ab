import { describe, expect, it } from 'vitest';
import { commandAsRoot, describePrivilegeError } from '../../src/cli/privilege.js';

const refusal = { call: 'bpf(BPF_MAP_CREATE)', errno: 1, code: 'EPERM' };
const commandLine = {
  execPath: '/opt/node 20/bin/node',
  argv: ['node', '/opt/bin/dtrace', '-n', 'BEGIN { printf("it\'s"); }', '-c', 'ls -l'],
  root: false,
};

describe('a refusal for want of privileges', () => {
  it('gives the command with the absolute path of node, ready to paste, and names --doctor', () => {
    expect(describePrivilegeError(refusal, commandLine)).toBe(
      'failed to initialize dtrace: bpf(BPF_MAP_CREATE): Operation not permitted (EPERM); run as root: ' +
        `sudo '/opt/node 20/bin/node' /opt/bin/dtrace -n 'BEGIN { printf("it'\\''s"); }' -c 'ls -l'\n` +
        '    hint: `dtrace --doctor` shows what is missing, CAP_BPF and CAP_PERFMON are enough',
    );
  });

  it('does not advise root to become root', () => {
    const text = describePrivilegeError(refusal, { ...commandLine, root: true });
    expect(text).not.toContain('sudo');
    expect(text).toContain("`'/opt/node 20/bin/node' /opt/bin/dtrace --doctor` shows what is missing");
  });

  it('gives a command with other arguments', () => {
    expect(commandAsRoot({ ...commandLine, execPath: '/n' }, ['--doctor'])).toBe('sudo /n /opt/bin/dtrace --doctor');
  });
});
