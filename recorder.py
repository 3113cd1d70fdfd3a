"""Record with the browser's microphone, as a Jupyter widget, and store takes. For notebook 09.

The sound goes from the browser to the kernel, and nowhere else; no network is needed.
"""

import io
import re
import unicodedata
from pathlib import Path

import anywidget
import numpy as np
import soundfile
import traitlets

import helpers

MINE = helpers.RECORDINGS / "mine"
TAKEN = {"george", "jackson", "lucas", "nicolas", "theo", "yweweler"}  # the speakers of FSDD

# The worklet runs in the browser's audio thread and passes each block of 128 samples on.
# The browser's own echo cancelling, noise suppression and gain control are switched off: they
# change a voice, and the page is to show what the microphone really brings.
SCRIPT = """
const WORKLET = `
  registerProcessor("pass-on", class extends AudioWorkletProcessor {
    process(inputs) {
      if (inputs[0].length) this.port.postMessage(inputs[0][0].slice());
      return true;
    }
  });
`;
const UNTOUCHED = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
const UPLOAD = "Or upload a file instead.";
const PROBLEMS = {
  NotAllowedError: "The browser was not allowed to use the microphone. Click the icon beside the "
    + "address of this page, allow the microphone, and press Record again. " + UPLOAD,
  NotFoundError: "The browser found no microphone. Plug one in and press Record again. " + UPLOAD,
  NotReadableError: "The microphone is in use, or switched off by the system. Close other programs "
    + "that use it and press Record again. " + UPLOAD,
  Silence: "The microphone was opened, but no sound arrived. Choose another microphone in the "
    + "settings of the browser and press Record again. " + UPLOAD,
  Insecure: "Browsers lend the microphone only to pages at localhost or https://. Open this "
    + "notebook at such an address. " + UPLOAD,
  VSCode: "VS Code does not lend the microphone to notebooks. Open this one in JupyterLab. "
    + UPLOAD,
};

function nameProblem(error) {
  if (location.protocol.startsWith("vscode")) return PROBLEMS.VSCode;
  return PROBLEMS[error.name] ?? `The recording failed (${error.name}). ${UPLOAD}`;
}

async function openMicrophone(onBlock) {
  if (!navigator.mediaDevices) throw { name: "Insecure" };
  const stream = await navigator.mediaDevices.getUserMedia({ audio: UNTOUCHED });
  const context = new AudioContext();
  const close = () => { stream.getTracks().forEach((track) => track.stop()); context.close(); };
  try {
    const url = URL.createObjectURL(new Blob([WORKLET], { type: "text/javascript" }));
    await context.audioWorklet.addModule(url);
    URL.revokeObjectURL(url);
    await context.resume();
    const mono = { channelCount: 1, channelCountMode: "explicit" };
    const node = new AudioWorkletNode(context, "pass-on", mono);
    node.port.onmessage = (event) => onBlock(event.data);
    context.createMediaStreamSource(stream).connect(node).connect(context.destination);
  } catch (error) { close(); throw error; }
  return { rate: context.sampleRate, close, track: stream.getAudioTracks()[0] };
}

function join(blocks) {
  const samples = new Float32Array(blocks.reduce((sum, block) => sum + block.length, 0));
  blocks.reduce((at, block) => { samples.set(block, at); return at + block.length; }, 0);
  return samples;
}

function render({ model, el }) {
  el.innerHTML = `
    <button type="button" class="jupyter-button"></button>
    <meter min="-60" max="0" low="-40" high="-3" optimum="-20" value="-60"
      aria-label="level in decibels below full scale"></meter>
    <span role="status"></span>`;
  el.classList.add("recorder");
  const [button, meter, status] = el.children;
  let microphone = null, blocks = [], count = 0, starting = false, watch = 0;

  const show = (label, text) => { button.textContent = label; status.textContent = text; };
  const idle = (text) => { starting = false; meter.value = -60; show("● Record", text); };
  const fail = (error) => {
    model.set("problem", nameProblem(error));
    model.save_changes();
    idle(model.get("problem"));
  };

  function hear(block) {
    if (!microphone) return;
    if (!count) show("■ Stop", "Recording: say one digit.");
    blocks.push(block);
    count += block.length;
    const peak = 20 * Math.log10(Math.max(1e-3, ...block.map(Math.abs)));
    meter.value = Math.max(peak, meter.value - 0.15);
    if (count >= model.get("seconds") * microphone.rate) stop();
  }

  async function start() {
    [blocks, count, starting] = [[], 0, true];
    show("■ Stop", "Waiting for the microphone. The browser may ask you to allow it.");
    try {
      const opened = await openMicrophone(hear);
      if (!starting) return opened.close();
      microphone = opened;
      microphone.track.onended = stop;
      watch = setTimeout(() => { if (!count) { close(); fail({ name: "Silence" }); } }, 5000);
    } catch (error) { if (starting) fail(error); }
  }

  function close() {
    clearTimeout(watch);
    microphone?.close();
    microphone = null;
    starting = false;
  }

  function stop() {
    const rate = microphone?.rate;
    close();
    if (!count) return idle("Nothing was recorded.");
    const samples = join(blocks);
    model.set("rate", rate);
    model.set("problem", "");
    model.set("samples", new DataView(samples.buffer));
    model.set("takes", model.get("takes") + 1);
    model.save_changes();
    idle(`Recorded ${(count / rate).toFixed(1)} s.`);
  }

  button.addEventListener("click", () => (starting || microphone ? stop() : start()));
  idle("");
  return close;
}

export default { render };
"""

STYLE = """
.recorder { display: flex; align-items: center; gap: 8px; flex-wrap: wrap; }
.recorder meter { width: 160px; }
.recorder button { width: 110px; }
"""


class Recorder(anywidget.AnyWidget):
    """A Record button with a level meter. A recording ends by itself after `seconds`.

    After a recording, `wav` holds it as the bytes of a WAV file; before the first it is empty.
    Observe `takes`, which counts recordings: one that equals the last (two of a muted microphone
    do) changes nothing else.
    Where the browser gives no sound, `problem` says why in a sentence, as the page does.
    """

    _esm = SCRIPT
    _css = STYLE
    seconds = traitlets.Float(3.0, min=0.2, max=20).tag(sync=True)  # 10 MB is all that arrives
    samples = traitlets.CBytes(b"").tag(sync=True, echo_update=False)  # float32, one channel
    rate = traitlets.Int(0).tag(sync=True)
    takes = traitlets.Int(0).tag(sync=True)
    problem = traitlets.Unicode("").tag(sync=True)

    @property
    def wav(self):
        """The recording as the bytes of a WAV file: 16 bit, at the rate of the microphone."""
        if not self.samples:
            return b""
        file = io.BytesIO()
        waveform = np.frombuffer(self.samples, dtype="<f4")
        soundfile.write(file, waveform, self.rate, format="WAV", subtype="PCM_16")
        return file.getvalue()

    def __repr__(self):
        """What stands in a notebook where no button can be drawn."""
        return "Run this cell to see the Record button."


def save_take(waveform, digit, name, folder=MINE):
    """Write a waveform as `{digit}_{name}_{take}.wav`, 16 bit at 8 kHz. Returns its path.

    Takes are numbered on, and a file that is there is never overwritten, also when two kernels
    save at once. Raises ValueError for what is no digit, and helpers.ClipError for no sound.
    """
    if str(digit) not in [*"0123456789"]:
        raise ValueError(f"{digit!r} is not a digit from 0 to 9.")
    waveform = np.asarray(waveform, dtype=np.float32)
    if waveform.ndim != 1 or not waveform.size or not np.isfinite(waveform).all():
        raise helpers.ClipError("There is no sound to save: record it again.")
    file = io.BytesIO()
    soundfile.write(file, waveform.clip(-1, 1), helpers.SAMPLE_RATE, format="WAV")
    folder, speaker = Path(folder), speaker_name(name)
    folder.mkdir(parents=True, exist_ok=True)
    take = 0
    while True:
        path = folder / f"{digit}_{speaker}_{take}.wav"
        try:
            with path.open("xb") as new:  # x: never over a file that is there
                new.write(file.getvalue())
            return path
        except FileExistsError:
            take += 1


def speaker_name(name):
    """A name as it can stand in a file name anywhere: small letters a to z, and digits.

    Accents are dropped: Zoë becomes zoe. Where nothing is left, "me" stands in. A reader called
    Theo becomes mytheo, not one with the theo of the dataset.
    """
    plain = unicodedata.normalize("NFKD", str(name)).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9]", "", plain)[:30] or "me"
    return f"my{plain}" if plain in TAKEN else plain
