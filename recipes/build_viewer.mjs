/* Build the script of the 3D viewer from its sources and three.js (MIT licence) into one file.
 *
 *     npm install --prefix build/viewer three@0.187.0 esbuild@0.28.2
 *     node recipes/build_viewer.mjs
 *
 * The script is agir_hf/gait/report/viewer/static/gait-scene.js. It starts with the versions and
 * the hash of the sources, which a test compares. Only modules that are used are included; modules
 * that the renderer imports for other kinds of scenes (virtual reality, reflections, materials that
 * are not used) are replaced by empty ones.
 */

import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const modules = path.resolve(process.argv[2] ?? path.join(root, "build/viewer"), "node_modules");
const viewer = path.join(root, "agir_hf/gait/report/viewer");
const three = path.join(modules, "three");
const { build } = createRequire(path.join(modules, "_"))("esbuild");

const UNUSED_TEXTS = new RegExp(
  "ShaderChunk/(lights_physical|lights_toon|transmission|iridescence|clearcoat|lightprobes)" +
  "|ShaderLib/(meshphysical|meshtoon|meshmatcap|meshnormal|equirect|cube|background|backgroundCube" +
  "|linedashed|points|distance)\\.|DFGLUTData");
const UNUSED_CLASSES = {
  WebXRManager: `
    import { EventDispatcher } from "../../core/EventDispatcher.js";
    export class WebXRManager extends EventDispatcher {
      enabled = false; isPresenting = false; cameraAutoUpdate = false;
      setAnimationLoop() {} hasDepthSensing() { return false; } dispose() {}
      getCamera() {} updateCamera() {} getDepthSensingMesh() {} getEnvironmentBlendMode() {} getFoveation() {}
    }`,
  PMREMGenerator: "export class PMREMGenerator { dispose() {} }",
};

/** Shorten the text of a shader: comments and spaces are left out. */
function shortened(code) {
  const lines = code.replace(/\/\*[^]*?\*\//g, "").replace(/\/\/[^\n]*/g, "").split("\n").map((line) => line.trim());
  return lines.filter(Boolean).map((line) => (
    line.startsWith("#") ? line : line.replace(/\s+/g, " ").replace(/ ?([=+*/,;{}<>?:-]) ?/g, "$1"))).join("\n") + "\n";
}

const smallThree = {
  name: "small-three",
  setup(hooks) {
    hooks.onResolve({ filter: /^three$/ }, () => ({ path: path.join(three, "src/Three.js"), sideEffects: false }));
    hooks.onResolve({ filter: /^three\/addons\// }, ({ path: name }) => (
      { path: path.join(three, name.replace("three/addons", "examples/jsm")) }));
    hooks.onLoad({ filter: /three\/src\/.*\.js$/ }, ({ path: file }) => {
      const code = readFileSync(file, "utf8");
      const name = path.basename(file, ".js");
      if (UNUSED_CLASSES[name]) return { contents: UNUSED_CLASSES[name], loader: "js" };
      if (UNUSED_TEXTS.test(file)) {
        const exported = [...code.matchAll(/export (?:default|const (\w+)|function (\w+))/g)];
        const lines = exported.map(([, text, method]) => (
          method ? `export function ${method}() { return null; }` : text ? `export const ${text} = "";` : 'export default "";'));
        return { contents: lines.join("\n"), loader: "js" };
      }
      if (!file.endsWith(".glsl.js")) return { contents: code, loader: "js" };
      return { contents: code.replace(/\/\*\s*glsl\s*\*\/\s*`([^]*?)`/g, (_, text) => `\`${shortened(text)}\``), loader: "js" };
    });
  },
};

const sources = readdirSync(path.join(viewer, "source")).filter((name) => name.endsWith(".js")).sort();
const hash = createHash("sha256");
for (const name of sources) hash.update(readFileSync(path.join(viewer, "source", name)));
const version = JSON.parse(readFileSync(path.join(three, "package.json"), "utf8")).version;
const banner = `/*! gait-scene, with three.js ${version} (MIT, LICENSE-three.txt); sources sha256 ${hash.digest("hex")} */`;

mkdirSync(path.join(viewer, "static"), { recursive: true });
copyFileSync(path.join(three, "LICENSE"), path.join(viewer, "static/LICENSE-three.txt"));
await build({
  entryPoints: [path.join(viewer, "source/gait_scene.js")],
  outfile: path.join(viewer, "static/gait-scene.js"),
  bundle: true, minify: true, format: "iife", target: "es2022", charset: "ascii", legalComments: "none",
  banner: { js: banner }, plugins: [smallThree], logLevel: "info", nodePaths: [modules],
});
