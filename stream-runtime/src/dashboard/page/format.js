"use strict";
// Numbers, times and elements.

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes and children; text is never read as HTML. */
function el(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const $ = (id) => document.getElementById(id);

/** Sets a text only if it is another one: what a reader has selected stays selected. */
function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const count = (number) => Math.round(number).toLocaleString("en-US");

/** A number to three digits: 1.25 k. */
function short(number) {
  for (const [size, unit] of [[1e9, " G"], [1e6, " M"], [1e3, " k"]]) {
    if (number >= size * 0.9995) return digits(number / size) + unit;
  }
  return Number.isInteger(number) || number >= 100 ? String(Math.round(number)) : digits(number);
}

function digits(number) {
  return number >= 99.95 ? number.toFixed(0) : number >= 9.995 ? number.toFixed(1) : number.toFixed(2);
}

const rate = (perSecond) => short(perSecond) + "/s";

function bytes(number) {
  for (const [size, unit] of [[2 ** 30, " GiB"], [2 ** 20, " MiB"], [2 ** 10, " KiB"]]) {
    if (number >= size) return digits(number / size) + unit;
  }
  return number + " B";
}

/** A duration in microseconds: 214 µs, 3.25 ms, 12.7 s, 4 min 5 s, 2 h 3 min. */
function duration(us) {
  if (us < 1e3) return Math.round(us) + " µs";
  if (us < 1e6) return digits(us / 1e3) + " ms";
  if (us < 60e6) return digits(us / 1e6) + " s";
  const seconds = Math.floor(us / 1e6), minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60);
  if (minutes < 60) return minutes + " min " + (seconds % 60) + " s";
  if (hours < 48) return hours + " h " + (minutes % 60) + " min";
  return Math.floor(hours / 24) + " d " + (hours % 24) + " h";
}

const two = (number) => String(number).padStart(2, "0");

/** The batch interval in microseconds: times of day are as fine as it needs, and no coarser than they are. */
let interval = 1e6;

function clock(us) {
  const date = new Date(us / 1e3);
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  if (interval % 1e3) return time + "." + String(us % 1e6).padStart(6, "0");
  const ms = Math.floor(us / 1e3) % 1e3;
  return ms || interval % 1e6 ? time + "." + String(ms).padStart(3, "0") : time;
}

const moment = (us) => new Date(us / 1e3).toLocaleDateString("en-CA") + " " + clock(us);

const plural = (number, one, many) => count(number) + " " + (number === 1 ? one : many);

const words = (name) => name.replaceAll("_", " ");

const site = (it) => it.operator + " at " + it.file.split(/[\\/]/).pop() + ":" + it.line;
