"""One small file a language with its usual constructs: the languages that `sources.py` has no room for."""

from __future__ import annotations

C = """/** @file Lists. */
#include <stdio.h>
#include "list.h"

struct node { int value; struct node *next; };

typedef struct { int size; } List;

typedef struct tag {
  int a;
} tag_t;

enum colour { RED, GREEN };

int declared(int a);

/*
 * Pushes it.
 */
static inline int *push(struct node *list, int value, void (*then)(int))
{
  // above
  if (list && value > 1) {
    then(value);
  } else if (value) {
    list->drop(value);
  }
  switch (value) { case 1: return 0; default: break; }
  return NULL;
}

#ifdef X
int (*chosen(int x))(int) { return 0; }
#endif
"""

CPP = """#include <vector>
namespace shapes::flat {

/// A shape.
template <typename T>
class Shape : public Base<T> {
 public:
  explicit Shape(int sides = 3) : sides_(sides) { init(); }
  ~Shape() = default;
  virtual auto area(const std::map<int, T>& by) const -> double {
    for (auto x : by) { if (x.ok && sides_) { return ns::sum<int>(x); } }
    return 0;
  }
  bool operator==(const Shape& other) const { return true; }
  operator bool() const { return true; }
  void later();
  struct Inner { int a; };
};

template <typename T>
void Shape<T>::later() { auto f = [](int x) { return x; }; new Shape<T>(1); }

enum class Kind { A, B };
}  // namespace shapes::flat
TEST_F(ShapeTest, Area) { EXPECT_EQ(1, 2); }
"""

CSHARP = """using System;
using Alias = A.B;

namespace Shapes {
  /// <summary>A shape.</summary>
  [Serializable]
  public abstract class Shape<T> : Base, IDraw where T : class {
    public Shape(int sides = 3, params string[] names) : base(sides) { Init(); }
    [Fact]
    public async override Task<R> Run<R>(int a, ref string b) {
      // above
      if (a > 1 && b != null) { x.Call(1); } else if (c) { Other<int>(); }
      int Local(int q) => q;
      return a?.Foo() ?? new Thing(1);
    }
    public int Short() => 1;
    public int Size { get; set; }
    public static Shape<T> operator +(Shape<T> a, Shape<T> b) => a;
    protected abstract void No();
  }
  interface IDraw { void Draw(); }
  struct Point { public int X; }
  enum Colour { Red }
  record Pair(int A, int B);
}
"""

RUBY = """require 'set'
require_relative "b"

# Shapes of things.
module Shapes
  class Shape < Base
    # of the class
    attr_reader :sides

    class << self
      def make(a = 1, *b, c: 2, **d, &e)
        new(a)
      end
    end

    def self.unit; new(1); end

    # Draws it.
    # Twice.
    def draw(on, times = 2)
      # above
      if on && times > 1
        on.call(times)
      elsif times then retreat(1)
      end
      { a: 1 }
    end

    def sides? = @sides > 1
    def ==(other) = true
    private def hidden; { a: 1 } end
  end
end
"""

PHP = """<?php
namespace A\\B;

use X\\Y\\Thing;
use X\\{Other, Third as T3};

/**
 * A shape.
 */
#[Attribute]
abstract class Shape extends Base implements Draw
{
    use Named;

    public function __construct(private int $sides = 3, string ...$names) { parent::__construct(); }

    #[Test]
    public static function area(?int $a, $b = []): ?array
    {
        // above
        if ($a > 1 && $b) { $x->call(1); } elseif ($c) { other(); }
        return Thing::make() ?? new Other(1);
    }

    abstract protected function no();
}
interface Draw { function draw(); }
trait Named { }
enum Colour: int { case Red = 1; function code() { return 1; } }
function top(int $x): int { return array_map(fn($y) => $y, [$x]); }
"""

KOTLIN = """package a.b

import x.y.Thing
import x.z.Other as Alias

/** A shape. */
@Serializable
public abstract class Shape<T>(val sides: Int = 3) : Base(), Draw {
  companion object {
    fun make(): Shape = Shape()
  }

  constructor(a: String) : this(1) {
    go()
  }

  @Test
  override suspend fun <R> area(a: Int = 1, vararg b: List<R>): R? {
    // above
    if (a > 1 && b) { x.call(1) } else if (c) { other() }
    when (a) {
      1 -> 2
      else -> 3
    }
    return a?.foo() ?: Thing()
  }

  abstract fun no()
}

fun String.twice(): String = this + this

interface Draw {
  fun draw()
}

object Single {
  fun run() = Alias()
}
"""

SWIFT = """import Foundation

/// A shape.
/// With sides.
@objc
public final class Shape<T>: Base, Draw {
  var size: Int { return 1 }
  init(sides: Int = 3, _ name: String) { super.init(); go() }
  deinit { go() }
  @discardableResult
  public func area<R>(of a: Int = 1, b: [R]) async throws -> R? {
    // above
    if a > 1 && b { x.call(1) } else if c { other() }
    switch a {
    case 1: return nil
    default: break
    }
    return a?.foo() ?? thing()
  }
  static func + (l: Shape, r: Shape) -> Shape { l }
}
struct Point { let x: Int }
enum Colour { case red; func code() -> Int { 1 } }
extension Shape.Inner: Draw where T == Int { func draw() { go() } }
protocol Draw { func draw() }
"""

SCALA = """package a.b

import x.y.{Thing, Other => Alias}
import z._

/** A shape. */
@Mark class Shape[T](sides: Int = 3) extends Base with Draw {
  @Test override def area[R](a: Int = 1, b: List[R]*)(implicit c: X): Option[R] = {
    // above
    if (a > 1) x.call(1) else if (c) other()
    a match { case 1 => 2; case _ => 3 }
    new Thing(b)
  }
  def short = 1
  def no(): Int
}

object Shape { def apply(x: Int) = new Shape(x) }
trait Draw { def draw(): Unit }
case class Point(x: Int)
enum Colour { case Red, Green }
given ord: Ordering[Int] with { def compare(a: Int, b: Int) = 1 }
"""

BASH = """#!/bin/bash
source ./lib.sh

# Runs it.
function run() {
  # above
  local a="$1"
  if [ "$a" = 1 ] && ready; then
    start "$a"
  elif waiting; then
    sleep 1
  fi
  for i in a b; do echo "$i"; done
}

stop () {
  kill_it
}
run "$@"
"""

MORE_SOURCES = {
    "c": C,
    "cpp": CPP,
    "csharp": CSHARP,
    "ruby": RUBY,
    "php": PHP,
    "kotlin": KOTLIN,
    "swift": SWIFT,
    "scala": SCALA,
    "bash": BASH,
}
