// Types by their names in C#: Int32, Line[], List<Line>, Nullable<Int32>[], Box<Int32>.
using System;
using System.Collections.Generic;

public static class TypeNames
{
    static readonly Dictionary<string, Type> known = new Dictionary<string, Type>();

    public static Type Find(string name)
    {
        Type type;
        if (!known.TryGetValue(name, out type)) known[name] = type = Resolve(name);
        return type;
    }

    static Type Resolve(string name)
    {
        if (name.EndsWith("[]")) return Find(name.Substring(0, name.Length - 2)).MakeArrayType();
        var open = name.IndexOf('<');
        if (open < 0) return Named(name);
        var argument = Find(name.Substring(open + 1, name.Length - open - 2));
        return Named(name.Substring(0, open) + "`1").MakeGenericType(argument);
    }

    static Type Named(string name) =>
        typeof(TypeNames).Assembly.GetType(name) ?? typeof(object).Assembly.GetType("System." + name)
        ?? typeof(object).Assembly.GetType("System.Collections.Generic." + name, true);
}
