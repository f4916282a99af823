// Plays two short notes with Web Audio, without a file to load.

const NOTES = [
  { hertz: 740, at: 0 },
  { hertz: 988, at: 0.11 },
];
const LENGTH_SECONDS = 0.28;
const LOUDNESS = 0.12;

let context = null;

// Browsers allow sound only after the user has interacted with the page. Until then this is silent.
export function chime() {
  context ??= new AudioContext();
  context.resume();
  NOTES.forEach(({ hertz, at }) => play(hertz, context.currentTime + at));
}

function play(hertz, start) {
  const tone = new OscillatorNode(context, { type: "sine", frequency: hertz });
  const volume = new GainNode(context, { gain: 0 });
  volume.gain.setValueAtTime(0, start);
  volume.gain.linearRampToValueAtTime(LOUDNESS, start + 0.015);
  volume.gain.exponentialRampToValueAtTime(0.001, start + LENGTH_SECONDS);
  tone.connect(volume).connect(context.destination);
  tone.start(start);
  tone.stop(start + LENGTH_SECONDS);
}
