"""One small file a language with its usual constructs, for what must hold of any file."""

from __future__ import annotations

PYTHON = '''#!/usr/bin/env python
"""Shapes of things."""

import os  # first
# between
from sys import path

LIMIT = 3


@decorate(
    1,
)
class Shape(Base):
    """A shape."""

    # of the class
    sides: int = 0

    def __init__(self, sides: int = 3) -> None:
        # above
        self.sides = sides  # beside

    @property
    async def area(self):
        """Area.

        In square metres.
        """  # noqa
        if self.sides and self.sides > 2:
            return 1
        return 0
        # after

    def empty(self): ...


def outer(a, b):  # why
    def inner(): return a
    return inner


if LIMIT:
    def late():
        """Only words."""
'''

JAVASCRIPT = """#!/usr/bin/env node
/** @file Things. */
'use strict';
import a from 'a';
import { b } from "b";
const fs = require('fs');

/**
 * Adds.
 *
 * @param {number} x one
 */
export async function add(x, y) { // why
  // above
  return x + y;
}

export default class Stack extends Base {
  #items = [];
  static count = 0;
  size = () => this.#items.length;
  /** Push it. */
  push(item) { this.#items.push(item); }
  get top() { return this.#items.at(-1) }
  *each() { yield* this.#items }
}

const twice = f => x => f(f(x));
let one = function () { return 1 }, two = 2;
exports.run = function run() { if (a) { b() } else if (c) { d() } };
Stack.prototype.pop = function () { return 1; };
module.exports = { go() { return 1 }, stop: () => 2, deep: { down() { return 3 } } };
(function () { function hidden() { return 4 } })();
"""

TYPESCRIPT = """import { A } from './a';
/** Point. */
export interface Point<T> { x: T; move(by: T): void; }
export enum Colour { Red, Green }
export abstract class Shape<T> implements Point<T> {
  constructor(private readonly x: T) { super(); }
  @Input() name: string = 'a';
  /** Area. */
  @Memo() async area(): Promise<number> { return this.x ? 1 : 2; }
  abstract draw(): void;
  handler = (event: Event): void => { this.draw(); };
}
namespace Geo { export function far(a: number): number { return a } }
declare function external(a: string): void;
export const f = async <T>(x: T): Promise<T> => x;
export function over(a: string): string;
export function over(a: any): any { return a; }
type Alias = { a: number };
"""

GO = """// Package shapes has shapes.
// Two lines.
package shapes

import (
\t"fmt"
\t"os"
)

import "strings"

//go:generate x

// Area is big.
// Really.
func Area(a, b int) (int, error) {
\t// above
\tif a > 1 && b > 2 {
\t\treturn a, nil
\t}
\tfor i := range b { switch i { case 1: return 1, nil; default: } }
\treturn func() (int, error) { return 1, nil }()
}

// Push pushes.
func (s *Stack[T]) Push(item T) {
\ts.items = append(s.items, item)
}

// Stack stacks.
type Stack[T any] struct {
\titems []T // all
}

type (
\t// Reader reads.
\tReader interface { Read(p []byte) (n int, err error) }
\tCelsius float64
)
"""

RUST = """//! Shapes.
//! More of them.

use std::fmt;
use std::io::{self, Read};

/// A point.
///
/// With two parts.
#[derive(Debug, Clone)]
pub struct Point<T> { x: T, y: T }

struct Unit;

pub enum Kind { A(u8), B { c: u8 } }

pub trait Draw {
    /// Draws.
    fn draw(&self);
    fn twice(&self) { self.draw(); self.draw(); }
}

impl<T> Draw for Point<T> {
    #[inline]
    fn draw(&self) {
        // above
        match self.x { _ if true => {}, _ => {} }
    }
}

impl<'a> fmt::Display for &'a Kind { fn fmt(&self) -> u8 { 1 } }

pub async unsafe fn run<T: Clone>(x: T) -> T where T: Copy { if a && b { x } else { y? } }

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn works() { assert!(true); }
}
"""

JAVA = """package a.b;

import java.util.List;
import java.io.*;

/**
 * A shape.
 */
@Deprecated
public abstract class Shape<T> extends Base implements Draw {
  private int sides = 3; // beside

  public Shape(int sides) { this.sides = sides; }

  /** Area. */
  @Override
  public <U> int area(@Nullable T of) throws IOException {
    // above
    if (sides > 1 && of != null) { return 1; } else if (sides > 0) { return 2; }
    switch (sides) { case 1: return 2; default: return 3; }
  }

  abstract void draw();

  enum Colour { RED, GREEN; int code() { return 1; } }
  record Pair(int a, int b) { Pair { a = 1; } }
  @interface Mark { int value() default 1; }
  static class Inner { Runnable r = new Runnable() { public void run() { } }; }
}

interface Draw { void draw(); default int twice() { return 2; } }
"""

SOURCES = {
    "python": PYTHON,
    "javascript": JAVASCRIPT,
    "typescript": TYPESCRIPT,
    "go": GO,
    "rust": RUST,
    "java": JAVA,
}
