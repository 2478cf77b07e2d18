/** Photos: from a camera that the page shows, or by the camera app of a phone. */
import { element } from './scores.js';

const viewfinder = element<HTMLDialogElement>('viewfinder');
const video = element<HTMLVideoElement>('video');
const shutter = element<HTMLButtonElement>('shutter');
const status = element('camera-status');

let photos = 0;

/** Offers the way that this browser has, and passes photos on. */
export function offerCamera(take: (photo: File) => void): void {
  // A phone's own app takes better photos, and it also works at a http URL, where pages get no camera.
  if (matchMedia('(pointer: coarse)').matches) {
    element('photo-label').hidden = false;
    const photo = element<HTMLInputElement>('photo');
    photo.addEventListener('change', () => {
      if (photo.files?.length) take(photo.files[0]);
      photo.value = '';
    });
    return;
  }
  // Undefined at http URLs of other machines.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (devices === undefined) return;
  const button = element('camera');
  button.hidden = false;
  button.addEventListener('click', () => void open(devices));
  element('camera-close').addEventListener('click', () => viewfinder.close());
  viewfinder.addEventListener('close', stop);
  video.addEventListener('playing', () => (shutter.disabled = false));
  shutter.addEventListener('click', () => void shoot(take));
}

async function open(devices: MediaDevices): Promise<void> {
  status.textContent = 'Starting the camera…';
  viewfinder.showModal();
  try {
    const stream = await devices.getUserMedia({ video: { facingMode: 'environment', width: { ideal: 1280 } } });
    // Closed while the browser asked.
    if (!viewfinder.open) return end(stream);
    video.srcObject = stream;
    status.textContent = '';
  } catch (error) {
    status.textContent = reasonOf(error);
  }
}

function reasonOf(error: unknown): string {
  const { name, message } = error as DOMException;
  if (name === 'NotAllowedError')
    return 'The browser does not allow the camera: allow it for this page, and try again.';
  if (name === 'NotFoundError') return 'No camera is connected.';
  return `The camera cannot be used: ${message}`;
}

async function shoot(take: (photo: File) => void): Promise<void> {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width: video.videoWidth, height: video.videoHeight });
  canvas.getContext('2d')?.drawImage(video, 0, 0);
  // Lossless, so that page and tool see the same pixels.
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  viewfinder.close();
  if (blob !== null) take(new File([blob], `photo-${++photos}.png`, { type: blob.type }));
}

function stop(): void {
  if (video.srcObject instanceof MediaStream) end(video.srcObject);
  video.srcObject = null;
  shutter.disabled = true;
}

function end(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
