// The classes whose messages the tests exchange. The tests' schemas have the same names and members.
using System;
using System.Collections.Generic;
using System.Xml.Serialization;

public enum Color { Red, Green, Blue = 7 }

[Flags]
public enum Access { None, Read, Write, Both = 3, Admin }

public enum Renamed { First, [XmlEnum("second one")] Second }

public class Line
{
    public string Article;
    public decimal Price;
    public int Count;
}

public class Order
{
    public Guid Id;
    public long Number;
    public DateTime Placed;
    public DateTime? Due;
    public string Note;
    public Line[] Lines;
}

public class Empty { }

public class Texts
{
    public string A, B;
}

public class Scalars
{
    public bool Bool;
    public sbyte SByte;
    public byte Byte;
    public short Short;
    public ushort UShort;
    public int Int;
    public uint UInt;
    public long Long;
    public ulong ULong;
    public float Float;
    public double Double;
    public decimal Decimal;
    public char Char;
    public DateTime DateTime;
    public TimeSpan TimeSpan;
    public Guid Guid;
    public byte[] Bytes;
    public string String;
}

public class Nullables
{
    public bool? Bool;
    public int? Int;
    public long? Long;
    public double? Double;
    public decimal? Decimal;
    public char? Char;
    public DateTime? DateTime;
    public TimeSpan? TimeSpan;
    public Guid? Guid;
    public Color? Color;
}

public class Lists
{
    public int[] Ints;
    public List<string> Strings;
    public int?[] Maybe;
    public int[][] Jagged;
    public byte[][] Blobs;
    public Guid[] Guids;
    public Color[] Colors;
    public List<Line> Lines;
}

public class Attributed
{
    [XmlAttribute] public int Id;
    [XmlAttribute("when")] public DateTime When;
    [XmlAttribute] public string Text;
    [XmlAttribute] public bool Flag;
    [XmlAttribute] public Color Color;
    [XmlAttribute] public byte[] Raw;
    public string Body;
}

public class RenamedMembers
{
    [XmlElement("item-name")] public string Name;
    [XmlElement("Line")] public Line[] Lines;
    [XmlArray("Tags"), XmlArrayItem("Tag")] public string[] TagList;
}

public class RepeatedScalars
{
    [XmlElement] public int[] N;
    [XmlElement] public string[] S;
    [XmlElement] public int?[] M;
}

[XmlRoot("Envelope", Namespace = "urn:example:orders")]
public class Namespaced
{
    public int Id;
    public Line[] Lines;
    [XmlAttribute] public string Kind;
}

public class Tree
{
    public string Name;
    public Tree[] Children;
}

public struct Point
{
    public int X, Y;
}

public class Shapes
{
    public Point P;
    public Point? Q;
    public Point[] R;
}

public class Box<T>
{
    public T Value;
}

public class Offsets
{
    public DateTimeOffset At;
    public DateTimeOffset? Maybe;
    public DateTimeOffset[] All;
}

public class Rights
{
    public Access Access;
    public Access? Maybe;
    [XmlAttribute] public Access Also;
    public Access[] All;
}

public class Amount
{
    [XmlAttribute] public string Currency;
    [XmlText] public decimal Value;
}

public class WithText
{
    [XmlAttribute] public string Unit;
    [XmlText] public string Value;
}

public class Amounts
{
    public Amount Total;
    [XmlElement("Tax")] public Amount[] Taxes;
}

public class Days
{
    [XmlElement(DataType = "date")] public DateTime Day;
    [XmlElement(DataType = "time")] public DateTime Time;
    [XmlAttribute(DataType = "date")] public DateTime From;
    [XmlArrayItem(DataType = "date")] public DateTime[] Holidays;
}

[XmlRoot(Namespace = "urn:example:orders")]
public class Foreign
{
    public string Own;
    [XmlElement(Namespace = "urn:example:other")] public string Other;
    [XmlElement(Namespace = "")] public string None;
    [XmlElement(Namespace = "urn:example:other")] public Line Line;
    [XmlAttribute(Namespace = "urn:example:other")] public string Kind;
    [XmlArray(Namespace = "urn:example:other"), XmlArrayItem("N", Namespace = "urn:example:items")] public int[] Numbers;
}

public class Nillable
{
    [XmlElement(IsNullable = true)] public string Text;
    [XmlElement(IsNullable = true)] public Line Line;
    [XmlElement("S", IsNullable = true)] public string[] Repeated;
    [XmlArray(IsNullable = true)] public int[] Numbers;
}

[XmlInclude(typeof(Dog)), XmlInclude(typeof(Cat)), XmlInclude(typeof(Puppy)), XmlInclude(typeof(Kitten))]
public class Animal
{
    public string Name;
}

public class Dog : Animal
{
    public int Barks;
}

public class Puppy : Dog
{
    public int Weeks;
}

public class Cat : Animal
{
    public bool Purrs;
}

public class Kitten : Cat { }

public class Zoo
{
    public Animal Star;
    public Animal[] All;
}

public class Household
{
    [XmlElement("Pet")] public Animal[] Pets;
}

[XmlType(Namespace = "urn:example:beasts"), XmlInclude(typeof(Hound))]
public class Beast
{
    public string Name;
}

[XmlType(Namespace = "urn:example:beasts")]
public class Hound : Beast
{
    public int Barks;
    public Line Line;
}

[XmlRoot(Namespace = "urn:example:zoo")]
public class Menagerie
{
    public Beast Star;
    [XmlElement(Namespace = "urn:example:other")] public Beast Other;
    public Beast[] All;
}

[XmlInclude(typeof(Circle)), XmlInclude(typeof(Square))]
public abstract class Figure { }

public class Circle : Figure
{
    public int Radius;
}

public class Square : Figure
{
    public int Side;
}

public class Drawing
{
    public Figure[] Figures;
}

[XmlInclude(typeof(Line))]
public class Anything
{
    public object Value;
    public object[] Values;
}

// Members that a sender of some .NET loses.
public class Offset
{
    public DateTimeOffset At;
    public DateTimeOffset? Maybe;
}

public class Replaced
{
    public int A;
    [Obsolete] public int B;
}

public class Hidden
{
    public int A;
    [XmlIgnore] public int B;
}

public class Listed
{
    public List<int> Items;
}
