/** Opens a page for the person at this machine. */

/**
 * Opens a URL or the absolute path of a file with the program of this desktop. Returns false if it cannot be started;
 * on Linux `BROWSER` names another program. Success does not mean that someone sees the page: over SSH and in
 * containers it usually cannot be seen. So print the path or URL in any case.
 */
export async function openInBrowser(target: string): Promise<boolean> {
  // Loaded on demand: only `--open` needs it. It knows the ways of Windows, macOS, Linux and WSL.
  const { default: open } = await import('open');
  return open(target).then(
    () => true,
    () => false,
  );
}
