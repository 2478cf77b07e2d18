/** Where images come from: the file picker, drop, paste and the camera. */
import { offerCamera } from './camera.js';
import { element } from './scores.js';

/** Passes on the images of each input. */
export function listen(takeAll: (files: readonly File[]) => void): void {
  const take = (list: FileList | undefined | null): void => takeAll([...(list ?? [])]);
  const input = element<HTMLInputElement>('file');
  input.addEventListener('change', () => {
    take(input.files);
    // Allows choosing the same file again.
    input.value = '';
  });
  offerCamera((photo) => takeAll([photo]));
  document.addEventListener('paste', (event) => take(event.clipboardData?.files));
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    document.body.classList.add('over');
  });
  document.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) document.body.classList.remove('over');
  });
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    document.body.classList.remove('over');
    take(event.dataTransfer?.files);
  });
}
