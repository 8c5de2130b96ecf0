export type Tune = "done" | "call";

/** Two soft tones that rise: done. Three that fall: somebody is needed. Hertz. */
const NOTES: Readonly<Record<Tune, readonly number[]>> = {
  done: [659.3, 880],
  call: [587.3, 493.9, 392],
};
const NOTE_SECONDS = 0.16;
const LOUDNESS = 0.16;

let output: AudioContext | null = null;

/** Sounds a tune; made of sine waves, so that there is no file to load. */
export function chime(tune: Tune): void {
  output ??= new AudioContext();
  void output.resume();
  const volume = output.createGain();
  volume.connect(output.destination);
  const begin = output.currentTime + 0.02;
  volume.gain.setValueAtTime(0, begin);
  NOTES[tune].forEach((hertz, index) => {
    const at = begin + index * NOTE_SECONDS;
    const tone = (output as AudioContext).createOscillator();
    tone.frequency.value = hertz;
    tone.connect(volume);
    tone.start(at);
    tone.stop(at + NOTE_SECONDS);
    volume.gain.linearRampToValueAtTime(LOUDNESS, at + 0.03);
    volume.gain.linearRampToValueAtTime(0, at + NOTE_SECONDS);
  });
}
