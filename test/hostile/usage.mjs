/** Loaded before the command: writes down, when it ends, what it took of the machine. */
import { readFileSync, writeFileSync } from 'node:fs';

/** The most memory that was in use, in megabytes. What `getrusage` says counts that of the process it was forked from too. */
function peakMegabytes() {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return Number(kilobytes) / 1024;
}

process.on('exit', () => {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  writeFileSync(
    process.env.USAGE_FILE,
    JSON.stringify({ cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, megabytes: peakMegabytes() }),
  );
});
